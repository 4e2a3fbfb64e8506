import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { decodeImage } from '../../../nodes/pixels/decode.ts'
import { encodePng, pngChunk } from '../../../nodes/pixels/png.ts'
import { decodeSmallPng } from '../../../nodes/pixels/png-decode.ts'
import type { Frame } from '../../../nodes/sdk/values.ts'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const COLOUR_TYPES = { 1: 0, 2: 4, 3: 2, 4: 6 } as const

interface Sample {
  readonly width: number
  readonly height: number
  readonly channels: Frame['channels']
  readonly deep: boolean
  /** The number of the filter of each line, and the bytes that follow it: whatever they are, they stand for samples. */
  readonly lines: readonly (readonly [filter: number, bytes: Uint8Array])[]
}

const sample: fc.Arbitrary<Sample> = fc
  .record({
    width: fc.integer({ min: 1, max: 12 }),
    height: fc.integer({ min: 1, max: 12 }),
    channels: fc.constantFrom<Frame['channels']>(1, 2, 3, 4),
    deep: fc.boolean(),
  })
  .chain((shape) => {
    const length = shape.width * shape.channels * (shape.deep ? 2 : 1)
    const line = fc.tuple(
      fc.integer({ min: 0, max: 4 }),
      fc.uint8Array({ minLength: length, maxLength: length, size: 'max' }),
    )
    return fc.record({
      width: fc.constant(shape.width),
      height: fc.constant(shape.height),
      channels: fc.constant(shape.channels),
      deep: fc.constant(shape.deep),
      lines: fc.array(line, { minLength: shape.height, maxLength: shape.height, size: 'max' }),
    })
  })

/** @param more chunks to go before the pixels */
function pngOf({ width, height, channels, deep, lines }: Sample, more: readonly Uint8Array[] = []): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = deep ? 16 : 8
  header[9] = COLOUR_TYPES[channels]
  const pixels = deflateSync(Buffer.concat(lines.map(([filter, bytes]) => Buffer.concat([Buffer.of(filter), bytes]))))
  const half = pixels.length >> 1
  return Buffer.concat([
    SIGNATURE,
    pngChunk('IHDR', header),
    ...more,
    pngChunk('IDAT', pixels.subarray(0, half)),
    pngChunk('IDAT', pixels.subarray(half)),
    pngChunk('IEND', new Uint8Array()),
  ])
}

describe('a small PNG', () => {
  test('is what libvips reads from it, whatever its depth, channels and filters', async () => {
    await fc.assert(
      fc.asyncProperty(sample, async (made) => {
        const plain = pngOf(made)
        // A chunk that nobody knows leaves the file to libvips.
        const peculiar = pngOf(made, [pngChunk('prIv', Buffer.from('x'))])
        expect(decodeSmallPng(plain)).toMatchObject({ width: made.width, channels: made.channels })
        expect(decodeSmallPng(peculiar)).toBeUndefined()
        expect(await decodeImage(plain, 'a.png', 1e6)).toEqual(await decodeImage(peculiar, 'a.png', 1e6))
      }),
    )
  })

  test('that is damaged or cut off is left to libvips, which says what is wrong with it', async () => {
    const png = await encodePng({ width: 9, height: 7, channels: 3, data: new Uint8Array(9 * 7 * 3).fill(9) })
    expect(decodeSmallPng(png)).toBeDefined()
    for (let length = 0; length < png.length; length++) expect(decodeSmallPng(png.subarray(0, length))).toBeUndefined()
    for (let at = 0; at < png.length; at++) {
      const damaged = Buffer.from(png)
      damaged[at]! ^= 1
      expect(decodeSmallPng(damaged)).toBeUndefined()
    }
    await expect(decodeImage(png.subarray(0, 50), 'a.png', 1e6)).rejects.toMatchObject({ code: 'image_unreadable' })
  })

  test('whose pixels are more or fewer than its header says is left to libvips', () => {
    const lines = (count: number): Sample['lines'] => Array.from({ length: count }, () => [0, new Uint8Array(6)])
    const made = { width: 2, height: 3, channels: 3, deep: false } as const
    expect(decodeSmallPng(pngOf({ ...made, lines: lines(3) }))).toBeDefined()
    expect(decodeSmallPng(pngOf({ ...made, lines: lines(2) }))).toBeUndefined()
    expect(decodeSmallPng(pngOf({ ...made, lines: lines(4000) }))).toBeUndefined()
    expect(decodeSmallPng(pngOf({ ...made, lines: [...lines(2), [5, new Uint8Array(6)]] }))).toBeUndefined()
  })

  test('with a palette, a profile or in several passes is left to libvips, and so is a large one', async () => {
    const raw = { width: 16, height: 16, channels: 3 } as const
    const make = (side = 16) => sharp({ create: { ...raw, width: side, height: side, background: '#123456' } })
    expect(decodeSmallPng(await make().png().toBuffer())).toBeDefined()
    expect(decodeSmallPng(await make().png({ palette: true }).toBuffer())).toBeUndefined()
    expect(decodeSmallPng(await make().png({ progressive: true }).toBuffer())).toBeUndefined()
    expect(decodeSmallPng(await make().withIccProfile('p3').png().toBuffer())).toBeUndefined()
    expect(
      decodeSmallPng(
        await make()
          .withExif({ IFD0: { Orientation: '6' } })
          .png()
          .toBuffer(),
      ),
    ).toBeUndefined()
    expect(decodeSmallPng(await make(512).png().toBuffer())).toBeUndefined()
  })

  test('is refused by its size like any other', async () => {
    const png = await encodePng({ width: 9, height: 7, channels: 3, data: new Uint8Array(9 * 7 * 3) })
    await expect(decodeImage(png, 'a.png', 62)).rejects.toMatchObject({ code: 'image_too_large' })
  })
})
