import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { decodeImage, decodeImages } from '../../../nodes/pixels/decode.ts'
import type { Samples } from '../../../nodes/sdk/values.ts'
import { avifOfTwo, greyProfile, tiffOf, withProfile } from '../sdk/picture-files.ts'

const decode = (bytes: Uint8Array) => decodeImage(bytes, 'x', 1e6)

/** A PNG of one row, grey or RGB. */
function png(row: Uint8Array | Uint16Array, channels: 1 | 3): Promise<Buffer> {
  const deep = row instanceof Uint16Array
  const space = { 1: deep ? 'grey16' : 'b-w', 3: deep ? 'rgb16' : 'srgb' }[channels]
  const image = sharp(row, { raw: { width: row.length / channels, height: 1, channels } })
  return image.toColourspace(space).png().toBuffer()
}

/** What a grey of this gamma is in sRGB (IEC 61966-2-1). */
function toSrgb(level: number, gamma: number): number {
  const light = level ** gamma
  return light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055
}

const srgb = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
  .withIccProfile('srgb')
  .png()
  .toBuffer()
  .then((file) => sharp(file).metadata())
  .then(({ icc }) => icc!)

describe('a picture of 16 bits with a profile is the same colours in sRGB:', () => {
  test('colours', async () => {
    const row = Uint16Array.from({ length: 300 }, (_, i) => [60_000, 20_000, 5000][i % 3]!)
    const { frame } = await decode(withProfile(await png(row, 3), srgb))
    expect(frame.data).toBeInstanceOf(Uint16Array)
    frame.data.forEach((value, i) => {
      expect(Math.abs(value - row[i]!)).toBeLessThan(400)
    })
  })

  const levels = Array.from({ length: 256 }, (_, i) => i)

  test.each([1, 1.8, 2.6])('greys of gamma %f, as those of 8 bits are', async (gamma) => {
    const profile = greyProfile(gamma)
    const read = async (row: Uint8Array | Uint16Array): Promise<Samples> =>
      (await decode(withProfile(await png(row, 1), profile))).frame.data
    const deep = await read(Uint16Array.from(levels, (level) => level * 257))
    const shallow = await read(Uint8Array.from(levels))
    expect(deep).toBeInstanceOf(Uint16Array)
    expect(deep).toHaveLength(3 * levels.length)
    deep.forEach((value, i) => {
      const level = Math.floor(i / 3) / 255
      expect(Math.abs(value / 257 - shallow[i]!)).toBeLessThan(1.5)
      if (level > 0.1) expect(Math.abs(value / 65535 - toSrgb(level, gamma))).toBeLessThan(0.002)
    })
    // More than the steps of 8 bits.
    expect(new Set(await read(Uint16Array.from(levels, (level) => 30_000 + level))).size).toBeGreaterThan(100)
  })

  test('greys with a profile that is not one of greys, which says nothing', async () => {
    const row = Uint16Array.from(levels, (level) => level * 257)
    const { data } = (await decode(withProfile(await png(row, 1), srgb))).frame
    expect(data).toEqual(Uint16Array.from({ length: 3 * row.length }, (_, i) => row[Math.floor(i / 3)]!))
  })
})

test('CMYK has the 8 bits that it is converted with, however many are stored', async () => {
  const inks = Uint16Array.of(0, 0, 0, 0, 65535, 0, 0, 0, 20_046, 30_069, 40_092, 5140)
  const stored = (bits: 8 | 16) => {
    const samples = bits === 16 ? new Uint8Array(inks.buffer) : Uint8Array.from(inks, (ink) => ink / 257)
    return tiffOf(3, 1, samples, [
      [258, Uint16Array.of(bits, bits, bits, bits)],
      [262, 5],
      [277, 4],
    ])
  }
  const { data } = (await decode(stored(16))).frame
  expect(data).toBeInstanceOf(Uint8Array)
  expect(data).toEqual((await decode(stored(8))).frame.data)
})

test('an AVIF of several pictures is its primary one', async () => {
  const flat = (background: string) =>
    sharp({ create: { width: 64, height: 48, channels: 3, background } })
      .avif({ effort: 0, lossless: true })
      .toBuffer()
  const both = avifOfTwo([await flat('red'), await flat('lime')])
  expect(await sharp(both).metadata()).toMatchObject({ pages: 2, pagePrimary: 1 })
  const images = await decodeImages(both, 'x', 1e6, new AbortController().signal)
  expect(images).toHaveLength(1)
  const [red, green, blue] = images[0]!.frame.data
  expect([red! < 10, green! > 245, blue! < 10]).toEqual([true, true, true])
})
