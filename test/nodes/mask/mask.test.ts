import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { cropMask } from '../../../nodes/mask/crop-mask.ts'
import { featherMask } from '../../../nodes/mask/feather-mask.ts'
import { growMask } from '../../../nodes/mask/grow-mask.ts'
import { imageColorToMask } from '../../../nodes/mask/image-color-to-mask.ts'
import { imageToMask } from '../../../nodes/mask/image-to-mask.ts'
import { invertMask } from '../../../nodes/mask/invert-mask.ts'
import { joinImageWithAlpha } from '../../../nodes/mask/join-image-with-alpha.ts'
import { loadImageMask } from '../../../nodes/mask/load-image-mask.ts'
import { maskComposite } from '../../../nodes/mask/mask-composite.ts'
import { maskPreview } from '../../../nodes/mask/mask-preview.ts'
import { maskToImage } from '../../../nodes/mask/mask-to-image.ts'
import { solidMask } from '../../../nodes/mask/solid-mask.ts'
import { splitImageWithAlpha } from '../../../nodes/mask/split-image-with-alpha.ts'
import { thresholdMask } from '../../../nodes/mask/threshold-mask.ts'
import type { Frame, Image } from '../../../nodes/sdk/values.ts'
import { testContext } from '../context.ts'
import { batch, bytes, floats, shown } from '../frames.ts'

const context = testContext()
const first = ({ frames }: Image) => shown(frames[0]!)
const mask = (width: number, height: number, samples: readonly number[]) => batch(floats(width, height, 1, samples))

describe('a mask of a picture', () => {
  const picture = batch(bytes(2, 1, 4, [255, 0, 51, 102, 0, 255, 0, 255]))

  test.each([
    ['red', [1, 0]],
    ['green', [0, 1]],
    ['blue', [0.2, 0]],
    ['alpha', [0.4, 1]],
  ] as const)('is its %s', async (channel, samples) => {
    const { MASK } = await imageToMask.run({ image: picture }, { channel }, context)
    expect(first(MASK)).toEqual({ size: [2, 1, 1], samples })
  })

  test('cannot be an alpha that is not there', () => {
    expect(() => imageToMask.run({ image: batch(bytes(1, 1, 3, [1, 2, 3])) }, { channel: 'alpha' }, context)).toThrow(
      /alpha/,
    )
  })

  test('is where it has a colour, compared with 8 bits', async () => {
    const image = batch(floats(3, 1, 3, [1, 0.5, 0, 1.3, 0.5019, -0.1, 1, 0.498, 0]))
    const { MASK } = await imageColorToMask.run({ image }, { color: 0xff8000 }, context)
    expect(first(MASK).samples).toEqual([1, 1, 0])
  })

  test('of a file is 1 − alpha, a colour of it, or 64 × 64 zeros where it has no alpha', async () => {
    const raw = (channels: 3 | 4, data: number[]) =>
      sharp(Uint8Array.from(data), { raw: { width: 1, height: 1, channels } })
    const files = testContext({
      clear: await raw(4, [10, 255, 30, 51]).png().toBuffer(),
      plain: await raw(3, [10, 20, 51]).png().toBuffer(),
    })
    const load = async (image: string, channel: 'alpha' | 'green' | 'blue') =>
      first((await loadImageMask.run({}, { image, channel }, files)).MASK)
    expect(await load('clear', 'alpha')).toEqual({ size: [1, 1, 1], samples: [0.8] })
    expect(await load('clear', 'green')).toEqual({ size: [1, 1, 1], samples: [1] })
    expect(await load('plain', 'blue')).toEqual({ size: [1, 1, 1], samples: [0.2] })
    expect((await load('plain', 'alpha')).size).toEqual([64, 64, 1])
  })
})

describe('a mask as a picture', () => {
  test('is grey, and shown', async () => {
    const { IMAGE } = await maskToImage.run({ mask: mask(2, 1, [0.25, 1]) }, {}, context)
    expect(first(IMAGE)).toEqual({ size: [2, 1, 3], samples: [0.25, 0.25, 0.25, 1, 1, 1] })
    const { ui } = await maskPreview.run({ mask: mask(2, 1, [0.25, 1]) }, {}, testContext())
    expect(ui?.images).toHaveLength(1)
  })

  test('makes another one transparent, scaled to it, and comes back', async () => {
    const image = batch(bytes(2, 1, 3, [1, 2, 3, 4, 5, 6]))
    const joined = await joinImageWithAlpha.run({ image, alpha: mask(1, 1, [0.2]) }, {}, context)
    expect(first(joined.IMAGE)).toEqual({ size: [2, 1, 4], samples: [1, 2, 3, 204, 4, 5, 6, 204] })
    const { IMAGE, MASK } = await splitImageWithAlpha.run({ image: joined.IMAGE }, {}, context)
    expect(first(IMAGE)).toEqual(first(image))
    expect(first(MASK).samples).toEqual([0.2, 0.2])
    expect(first((await splitImageWithAlpha.run({ image }, {}, context)).MASK).samples).toEqual([0, 0])
  })

  test('joins batches of two lengths, the shorter one over and over', async () => {
    const image = batch(bytes(1, 1, 3, [1, 1, 1]), bytes(1, 1, 3, [2, 2, 2]))
    const alpha = batch(...[0, 1, 0].map((value) => floats(1, 1, 1, [value])))
    const { IMAGE } = await joinImageWithAlpha.run({ image, alpha }, {}, context)
    expect(IMAGE.frames.map(({ data }) => [...data])).toEqual([
      [1, 1, 1, 255],
      [2, 2, 2, 0],
      [1, 1, 1, 255],
    ])
  })
})

describe('a mask', () => {
  test('of one value is made, inverted and cut off', async () => {
    const solid = await solidMask.run({}, { value: 0.3, width: 2, height: 1 }, context)
    expect(first(solid.MASK)).toEqual({ size: [2, 1, 1], samples: [0.3, 0.3] })
    expect(first((await invertMask.run({ mask: solid.MASK }, {}, context)).MASK).samples).toEqual([0.7, 0.7])
    const steps = mask(3, 1, [0.4, 0.5, 0.6])
    expect(first((await thresholdMask.run({ mask: steps }, { value: 0.5 }, context)).MASK).samples).toEqual([0, 0, 1])
    expect(() => solidMask.run({}, { value: 1, width: 20, height: 20 }, testContext({}, 100))).toThrow(
      /at most 100 pixels but it would have 400 pixels \(20 × 20\)/,
    )
  })

  test('is cropped up to its edges', async () => {
    const source = mask(3, 2, [0, 0.1, 0.2, 0.3, 0.4, 0.5])
    const { MASK } = await cropMask.run({ mask: source }, { x: 1, y: 1, width: 9, height: 9 }, context)
    expect(first(MASK)).toEqual({ size: [2, 1, 1], samples: [0.4, 0.5] })
    expect(() => cropMask.run({ mask: source }, { x: 3, y: 0, width: 1, height: 1 }, context)).toThrow(/3 × 2/)
  })

  test('fades towards its sides', async () => {
    const ones = mask(4, 2, [1, 1, 1, 1, 1, 1, 1, 1])
    const { MASK } = await featherMask.run({ mask: ones }, { left: 2, top: 0, right: 9, bottom: 2 }, context)
    expect(first(MASK).samples).toEqual([0.5, 0.75, 0.5, 0.25, 0.25, 0.375, 0.25, 0.125])
  })

  test.each([
    ['multiply', [0.5, 0.25, 0, 0.06]],
    ['add', [0.5, 1, 0, 0.5]],
    ['subtract', [0.5, 0, 0, 0.1]],
    ['and', [0.5, 0, 0, 0]],
    ['or', [0.5, 1, 0, 0]],
    ['xor', [0.5, 1, 0, 0]],
  ] as const)('is combined with another by %s, where it lies over it', async (operation, expected) => {
    // The source lies one pixel to the right; its second row is beyond the destination's right edge in part.
    const destination = mask(2, 2, [0.5, 0.25, 0, 0.3])
    const source = mask(2, 2, [1, 1, 0.2, 1])
    const { MASK } = await maskComposite.run({ destination, source }, { x: 1, y: 0, operation }, context)
    expect(first(MASK).samples).toEqual(expected)
  })
})

describe('a mask that grows', () => {
  const dot = mask(5, 3, [0, 0, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0, 0, 0, 0])

  test.each([
    ['along rows and columns', 1, true, ['01000', '11100', '01000']],
    ['around', 1, false, ['11100', '11100', '11100']],
    ['by two', 2, true, ['11100', '11110', '11100']],
    ['by less than nothing', -1, true, ['00000', '00000', '00000']],
  ] as const)('%s', async (_, expand, tapered_corners, rows) => {
    const { MASK } = await growMask.run({ mask: dot }, { expand, tapered_corners }, context)
    expect(first(MASK).samples).toEqual([...rows.join('')].map((digit) => Number(digit) / 2))
  })

  test('shrinks again to what it was, inverted, and keeps its edges', async () => {
    const invert = async (value: Image) => (await invertMask.run({ mask: value }, {}, context)).MASK
    const grow = async (value: Image, expand: number) =>
      (await growMask.run({ mask: value }, { expand, tapered_corners: false }, context)).MASK
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 24, maxLength: 24 }), fc.nat(3), async (bits, steps) => {
        const some = mask(6, 4, bits.map(Number))
        expect(first(await invert(await grow(some, steps)))).toEqual(first(await grow(await invert(some), -steps)))
      }),
      { numRuns: 30 },
    )
  })

  test('stops when nothing is left to grow, and when the run is cancelled', async () => {
    const { MASK } = await growMask.run({ mask: dot }, { expand: 16384, tapered_corners: true }, context)
    expect(first(MASK).samples).toEqual(new Array(15).fill(0.5))
    const cancelled = { ...context, signal: AbortSignal.abort() }
    await expect(growMask.run({ mask: dot }, { expand: 2, tapered_corners: true }, cancelled)).rejects.toThrow()
  })
})

test('masks of any depth of picture stay between 0 and 1', async () => {
  const deep: Frame = { width: 1, height: 1, channels: 3, data: Uint16Array.of(65535, 0, 13107) }
  const { MASK } = await imageToMask.run({ image: batch(deep) }, { channel: 'blue' }, context)
  expect(first(MASK).samples).toEqual([0.2])
})
