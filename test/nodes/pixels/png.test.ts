import { inflateSync } from 'node:zlib'
import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { encodePng } from '../../../nodes/pixels/png.ts'
import { PNG_FILTERS } from '../../../nodes/pixels/png-filter.ts'
import type { Frame } from '../../../nodes/sdk/values.ts'

type Make = (x: number, y: number, channel: number) => number

function frameOf(width: number, height: number, channels: Frame['channels'], deep: boolean, make: Make): Frame {
  const data = deep ? new Uint16Array(width * height * channels) : new Uint8Array(width * height * channels)
  for (let i = 0, y = 0; y < height; y++)
    for (let x = 0; x < width; x++) for (let c = 0; c < channels; c++) data[i++] = make(x, y, c)
  return { width, height, channels, data }
}

/** What libvips reads from the file, as samples of the frame's own depth; it makes grey colours of three channels. */
async function decode(png: Uint8Array, { channels, data }: Frame): Promise<number[]> {
  const deep = data instanceof Uint16Array
  const metadata = await sharp(png).metadata()
  expect([metadata.depth, metadata.channels]).toEqual([deep ? 'ushort' : 'uchar', channels])
  const { data: raw, info } = await sharp(png)
    .toColourspace(deep ? 'rgb16' : 'srgb')
    .raw({ depth: deep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true })
  const bytes = Uint8Array.from(raw)
  const samples = Array.from(deep ? new Uint16Array(bytes.buffer) : bytes)
  if (channels > 2) return samples
  return samples.filter(
    (_, i) => i % info.channels === 0 || (channels === 2 && i % info.channels === info.channels - 1),
  )
}

async function expectSame(frame: Frame): Promise<Uint8Array> {
  const png = await encodePng(frame)
  expect((await decode(png, frame)).join() === frame.data.join()).toBe(true)
  return png
}

const noise: Make = (x, y, c) => (Math.imul(x * 374761393 + y * 668265263 + c * 2246822519, 3266489917) >>> 13) & 0xffff
const pictures: Readonly<Record<string, Make>> = {
  noise,
  'a ramp with grain': (x, y, c) => 40 * x + 23 * y + 900 * c + (noise(x, y, c) & 7),
  'a flat drawing': (x, y) => (((x >> 4) + (y >> 4)) % 3) * 9000,
  black: () => 0,
}

describe('a PNG', () => {
  test('of any size, depth and number of channels holds the samples it was given', async () => {
    const frames = fc.record({
      width: fc.integer({ min: 1, max: 70 }),
      height: fc.integer({ min: 1, max: 70 }),
      channels: fc.constantFrom<Frame['channels'][]>(1, 2, 3, 4),
      deep: fc.boolean(),
      picture: fc.constantFrom(...Object.keys(pictures)),
    })
    await fc.assert(
      fc.asyncProperty(frames, async ({ width, height, channels, deep, picture }) => {
        await expectSame(frameOf(width, height, channels, deep, pictures[picture]!))
      }),
      { numRuns: 150 },
    )
  })

  test.each(Object.keys(pictures))('of several strips of %s is one picture', async (picture) => {
    await expectSame(frameOf(1500, 1200, 3, false, pictures[picture]!))
  })

  test('of 16 bits in several strips is one picture', async () => {
    await expectSame(frameOf(900, 800, 4, true, pictures['a ramp with grain']!))
  })

  test('of a photograph and of a drawing is smaller than what libvips makes of it without filters', async () => {
    for (const picture of ['a ramp with grain', 'a flat drawing']) {
      const frame = frameOf(600, 400, 3, false, pictures[picture]!)
      const raw = { width: 600, height: 400, channels: 3 as const }
      const plain = await sharp(frame.data, { raw }).png({ compressionLevel: 4 }).toBuffer()
      expect((await encodePng(frame)).length).toBeLessThan(plain.length * 1.05)
    }
  })

  test('uses every filter for some picture', async () => {
    const used = new Set<number>()
    for (const make of [...Object.values(pictures), (x: number, y: number) => (x * y) >> 6, (x: number) => 3 * x]) {
      const png = Buffer.from(await encodePng(frameOf(200, 150, 3, false, make)))
      const at = png.indexOf('IDAT')
      used.add(inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)))[0]!)
    }
    expect(used.size).toBeGreaterThanOrEqual(PNG_FILTERS.length - 1)
  })
})
