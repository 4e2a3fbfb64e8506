import { describe, expect, test } from 'vitest'
import { imageCropToContent } from '../../../nodes/image/image-crop-to-content.ts'
import type { Frame } from '../../../nodes/sdk/values.ts'
import { testContext } from '../context.ts'
import { batch, bytes } from '../frames.ts'

const context = testContext()

describe('content', () => {
  const run = (some: object, frame: Frame) =>
    imageCropToContent.run({ image: batch(frame) }, imageCropToContent.parameters.parse(some), context)
  /** 20 × 10, nearly white, with a dark rectangle of 6 × 4 at (5, 3) and a speck in a corner of another colour. */
  const scan: Frame = { width: 20, height: 10, channels: 3, data: new Uint8Array(600).fill(248) }
  for (let i = 0; i < 600; i++) if (i % 7 === 0) scan.data[i] = 243
  for (let y = 3; y < 7; y++) scan.data.fill(30, (y * 20 + 5) * 3, (y * 20 + 11) * 3)
  scan.data.fill(0, 597)

  test('is what differs from the border; a speck does not hold it, a margin stays', async () => {
    const { IMAGE, ...box } = await run({ dust: 10 }, scan)
    expect(box).toEqual({ x: 5, y: 3, width: 6, height: 4 })
    expect(new Set(IMAGE.frames[0]!.data)).toEqual(new Set([30]))
    expect(await run({ dust: 10, margin: 4 }, scan)).toMatchObject({ x: 1, y: 0, width: 14, height: 10 })
    expect(await run({ dust: 0 }, scan)).toMatchObject({ x: 5, y: 3, width: 15, height: 7 })
  })

  test('is what is opaque where there is alpha', async () => {
    const cut: Frame = { width: 3, height: 3, channels: 4, data: new Uint8Array(36) }
    cut.data[4 * 5 + 3] = 255
    expect(await run({}, cut)).toMatchObject({ x: 2, y: 1, width: 1, height: 1 })
  })

  test('is all of a picture that is nothing but border', async () => {
    expect(await run({}, bytes(2, 2, 1, [5, 5, 5, 5]))).toMatchObject({ x: 0, y: 0, width: 2, height: 2 })
  })
})
