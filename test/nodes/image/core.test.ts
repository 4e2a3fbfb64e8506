import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { adjustBrightness } from '../../../nodes/image/adjust-brightness.ts'
import { adjustContrast } from '../../../nodes/image/adjust-contrast.ts'
import { emptyImage } from '../../../nodes/image/empty-image.ts'
import { getImageSize } from '../../../nodes/image/get-image-size.ts'
import { imageAddNoise } from '../../../nodes/image/image-add-noise.ts'
import { imageBatch } from '../../../nodes/image/image-batch.ts'
import { imageBlend } from '../../../nodes/image/image-blend.ts'
import { imageBlur } from '../../../nodes/image/image-blur.ts'
import { imageCompositeMasked } from '../../../nodes/image/image-composite-masked.ts'
import { imageCrop } from '../../../nodes/image/image-crop.ts'
import { imageFlip } from '../../../nodes/image/image-flip.ts'
import { imageFromBatch } from '../../../nodes/image/image-from-batch.ts'
import { imageInvert } from '../../../nodes/image/image-invert.ts'
import { imagePadForOutpaint } from '../../../nodes/image/image-pad-for-outpaint.ts'
import { imageRotate } from '../../../nodes/image/image-rotate.ts'
import { imageScaleBy } from '../../../nodes/image/image-scale-by.ts'
import { imageScaleToMaxDimension } from '../../../nodes/image/image-scale-to-max-dimension.ts'
import { imageScaleToTotalPixels } from '../../../nodes/image/image-scale-to-total-pixels.ts'
import { imageSharpen } from '../../../nodes/image/image-sharpen.ts'
import { imageStitch } from '../../../nodes/image/image-stitch.ts'
import { NormalNoise } from '../../../nodes/image/normal-noise.ts'
import { repeatImageBatch } from '../../../nodes/image/repeat-image-batch.ts'
import { resizeAndPadImage } from '../../../nodes/image/resize-and-pad-image.ts'
import { fullScale, toDepth } from '../../../nodes/pixels/samples.ts'
import type { Image, SampleDepth } from '../../../nodes/sdk/values.ts'
import { noiseFrame, testContext } from '../context.ts'
import { batch, bytes, floats, shown } from '../frames.ts'

const context = testContext()
const first = ({ frames }: Image) => shown(frames[0]!)

/** 0 1 2 / 3 4 5, one channel. */
const six = batch(bytes(3, 2, 1, [0, 1, 2, 3, 4, 5]))

describe('a picture is moved without a change of its pixels:', () => {
  test.each([
    ['90 degrees', [2, 3], [3, 0, 4, 1, 5, 2]],
    ['180 degrees', [3, 2], [5, 4, 3, 2, 1, 0]],
    ['270 degrees', [2, 3], [2, 5, 1, 4, 0, 3]],
    ['none', [3, 2], [0, 1, 2, 3, 4, 5]],
  ] as const)('turned clockwise by %s', async (rotation, [width, height], samples) => {
    const { IMAGE } = await imageRotate.run({ image: six }, { rotation }, context)
    expect(first(IMAGE)).toEqual({ size: [width, height, 1], samples })
  })

  test.each([
    ['x-axis: vertically', [3, 4, 5, 0, 1, 2]],
    ['y-axis: horizontally', [2, 1, 0, 5, 4, 3]],
  ] as const)('flipped by %s', async (flip_method, samples) => {
    expect(first((await imageFlip.run({ image: six }, { flip_method }, context)).IMAGE).samples).toEqual(samples)
  })

  test('four quarters are none, all channels go along', async () => {
    const side = fc.integer({ min: 1, max: 9 })
    await fc.assert(
      fc.asyncProperty(side, side, fc.constantFrom(1, 3, 4) as fc.Arbitrary<1 | 3 | 4>, async (w, h, channels) => {
        const image = batch(noiseFrame(w, h, channels))
        let turned = image
        for (let i = 0; i < 4; i++)
          turned = (await imageRotate.run({ image: turned }, { rotation: '90 degrees' }, context)).IMAGE
        expect(turned).toEqual(image)
      }),
      { numRuns: 20 },
    )
  })

  test.each([
    [{ x: 1, y: 1, width: 1, height: 9 }, [1, 1], [4]],
    [{ x: 9, y: 0, width: 5, height: 5 }, [1, 2], [2, 5]],
    [{ x: 0, y: 0, width: 2, height: 1 }, [2, 1], [0, 1]],
  ])('cropped to %o', async (rectangle, [width, height], samples) => {
    expect(first((await imageCrop.run({ image: six }, rectangle, context)).IMAGE)).toEqual({
      size: [width, height, 1],
      samples,
    })
  })
})

describe('a batch', () => {
  const [a, b, c] = [1, 2, 3].map((value) => bytes(1, 1, 1, [value])) as [never, never, never]
  const values = ({ frames }: Image) => frames.map(({ data }) => data[0])

  test('is joined; what comes second is cut and scaled to the size of the first, and gets its alpha', async () => {
    const wide = batch(floats(4, 1, 1, [9, 0.25, 0.75, 9]))
    const { IMAGE } = await imageBatch.run(
      { image1: batch(floats(2, 1, 2, [0, 0.5, 1, 0])), image2: wide },
      {},
      context,
    )
    expect(IMAGE.frames.map((frame) => shown(frame))).toEqual([
      { size: [2, 1, 2], samples: [0, 0.5, 1, 0] },
      { size: [2, 1, 2], samples: [0.25, 1, 0.75, 1] },
    ])
  })

  test.each([
    [0, 1, [1]],
    [-1, 5, [3]],
    [1, 9, [2, 3]],
    [7, 1, [3]],
    [-9, 2, [1, 2]],
  ])('from %i, %i of it', async (batch_index, length, expected) => {
    expect(
      values((await imageFromBatch.run({ image: batch(a, b, c) }, { batch_index, length }, context)).IMAGE),
    ).toEqual(expected)
  })

  test('is repeated as a whole', async () => {
    const { IMAGE } = await repeatImageBatch.run({ image: batch(a, b) }, { amount: 2 }, context)
    expect(values(IMAGE)).toEqual([1, 2, 1, 2])
  })

  test('of one colour is made, and measured', async () => {
    const { IMAGE } = await emptyImage.run({}, { width: 2, height: 1, batch_size: 3, color: 0xff8001 }, context)
    expect(first(IMAGE)).toEqual({ size: [2, 1, 3], samples: [255, 128, 1, 255, 128, 1] })
    const said: string[] = []
    const size = await getImageSize.run({ image: IMAGE }, {}, { ...context, say: (text) => said.push(text) })
    expect(size).toEqual({ width: 2, height: 1, batch_size: 3 })
    expect(said.join()).toContain('width: 2')
    expect(() => emptyImage.run({}, { width: 99, height: 99, batch_size: 1, color: 0 }, testContext({}, 100))).toThrow(
      /at most 100 pixels but it would have 9801 pixels/,
    )
  })
})

describe('a picture is scaled', () => {
  const size = ({ frames }: Image) => [frames[0]!.width, frames[0]!.height]

  test.each([
    [300, 200, 1, 1, [1254, 836]],
    [300, 200, 0.01, 1, [125, 84]],
    [300, 200, 0.01, 64, [128, 64]],
  ])('%i × %i to %d megapixels in steps of %i', async (width, height, megapixels, resolution_steps, expected) => {
    const image = batch(noiseFrame(width, height, 1))
    const settings = { upscale_method: 'nearest-exact', megapixels, resolution_steps } as const
    expect(size((await imageScaleToTotalPixels.run({ image }, settings, context)).IMAGE)).toEqual(expected)
  })

  test.each([
    [30, 20, 15, [15, 10]],
    [20, 30, 15, [10, 15]],
    [9, 9, 4, [4, 4]],
    // 2.5 rounds to even, as in Python.
    [20, 5, 10, [10, 2]],
    [30, 20, 0, [30, 20]],
  ])('%i × %i to a longer side of %i', async (width, height, largest_size, expected) => {
    const image = batch(noiseFrame(width, height, 1))
    expect(
      size((await imageScaleToMaxDimension.run({ image }, { upscale_method: 'area', largest_size }, context)).IMAGE),
    ).toEqual(expected)
  })

  test('by a half as Python rounds', async () => {
    const image = batch(noiseFrame(5, 7, 1))
    expect(size((await imageScaleBy.run({ image }, { upscale_method: 'area', scale_by: 0.5 }, context)).IMAGE)).toEqual(
      [2, 4],
    )
  })

  test('into a size, and the rest is filled', async () => {
    const settings = { target_width: 2, target_height: 4, padding_color: 'white', interpolation: 'area' } as const
    const { IMAGE } = await resizeAndPadImage.run(
      { image: batch(bytes(4, 2, 1, [0, 4, 8, 12, 0, 4, 8, 12])) },
      settings,
      context,
    )
    expect(first(IMAGE)).toEqual({ size: [2, 4, 1], samples: [255, 255, 2, 10, 255, 255, 255, 255] })
  })
})

describe('a border for outpainting', () => {
  test('is grey, and masked', async () => {
    const image = batch(floats(1, 1, 1, [0.9]))
    const { IMAGE, MASK } = await imagePadForOutpaint.run(
      { image },
      { left: 1, top: 0, right: 0, bottom: 1, feathering: 40 },
      context,
    )
    expect(first(IMAGE)).toEqual({ size: [2, 2, 1], samples: [0.5, 0.9, 0.5, 0.5] })
    expect(first(MASK)).toEqual({ size: [2, 2, 1], samples: [1, 0, 1, 1] })
  })

  test('fades into the picture on the sides that were added to', async () => {
    const image = batch(floats(5, 5, 1, new Array(25).fill(0)), floats(5, 5, 1, new Array(25).fill(1)))
    const { MASK } = await imagePadForOutpaint.run(
      { image },
      { left: 1, top: 0, right: 0, bottom: 0, feathering: 2 },
      context,
    )
    expect(MASK.frames).toHaveLength(1)
    // ((2 − d) / 2)² for d = 0, 1, 2 from the left.
    expect(first(MASK).samples.slice(0, 6)).toEqual([1, 1, 0.25, 0, 0, 0])
  })
})

describe('two pictures side by side', () => {
  const left = batch(bytes(1, 2, 3, [1, 1, 1, 2, 2, 2]))
  const run = (settings: Partial<Parameters<typeof imageStitch.run>[1]>, image2: Image | undefined, image1 = left) =>
    imageStitch.run({ image1, image2 }, imageStitch.parameters.parse(settings), context)

  test('touch, the second one scaled', async () => {
    const { IMAGE } = await run({}, batch(bytes(1, 1, 3, [9, 9, 9])))
    expect(first(IMAGE)).toEqual({ size: [3, 2, 3], samples: [1, 1, 1, 9, 9, 9, 9, 9, 9, 2, 2, 2, 9, 9, 9, 9, 9, 9] })
  })

  test('are centred on each other when they are not scaled, with space of a colour between', async () => {
    const settings = { match_image_size: false, spacing_width: 1, spacing_color: 'red', direction: 'up' } as const
    const { IMAGE } = await run(settings, batch(bytes(3, 1, 3, [7, 7, 7, 8, 8, 8, 9, 9, 9])))
    const [black, red] = [
      [0, 0, 0],
      [255, 0, 0],
    ]
    expect(first(IMAGE)).toEqual({
      size: [3, 5, 3],
      samples: [
        [7, 7, 7, 8, 8, 8, 9, 9, 9],
        red,
        red,
        red,
        red,
        red,
        red,
        black,
        [1, 1, 1],
        black,
        black,
        [2, 2, 2],
        black,
      ].flat(),
    })
  })

  test('of two batches: the last picture of the shorter one again', async () => {
    const two = batch(bytes(1, 2, 3, [3, 3, 3, 3, 3, 3]), bytes(1, 2, 3, [4, 4, 4, 4, 4, 4]))
    const { IMAGE } = await run({ direction: 'left' }, two)
    expect(IMAGE.frames.map(({ data }) => [data[0], data[3]])).toEqual([
      [3, 1],
      [4, 1],
    ])
  })

  test('without a second one stay one', async () => {
    expect((await run({}, undefined)).IMAGE).toBe(left)
  })
})

describe('two pictures are blended', () => {
  const image1 = batch(floats(2, 1, 1, [0.2, 0.8]))
  const image2 = batch(floats(2, 1, 1, [0.6, 0.4]))

  test.each([
    ['normal', [0.6, 0.4]],
    ['multiply', [0.12, 0.32]],
    ['screen', [0.68, 0.88]],
    ['overlay', [0.24, 0.76]],
    // 0.2 + 0.2 · (g(0.2) − 0.2) with g(0.2) = ((16·0.2 − 12)·0.2 + 4)·0.2 = 0.448; 0.8 − 0.2·0.8·0.2
    ['soft_light', [0.2496, 0.768]],
    ['difference', [0, 0.4]],
  ] as const)('in mode %s', async (blend_mode, samples) => {
    const { IMAGE } = await imageBlend.run({ image1, image2 }, { blend_mode, blend_factor: 1 }, context)
    expect(first(IMAGE).samples).toEqual(samples)
  })

  test('by a factor; alpha is that of the first, the size too', async () => {
    const opaque = batch(bytes(1, 1, 4, [100, 0, 0, 77]))
    const wide = batch(bytes(3, 1, 3, [9, 9, 9, 200, 100, 0, 9, 9, 9]))
    const { IMAGE } = await imageBlend.run(
      { image1: opaque, image2: wide },
      { blend_mode: 'normal', blend_factor: 0.25 },
      context,
    )
    expect(first(IMAGE)).toEqual({ size: [1, 1, 4], samples: [125, 25, 0, 77] })
  })

  test('keeping 16 bits of either', async () => {
    const deep = batch({ width: 1, height: 1, channels: 1, data: Uint16Array.of(1000) })
    const { IMAGE } = await imageBlend.run(
      { image1: batch(bytes(1, 1, 1, [0])), image2: deep },
      { blend_mode: 'normal', blend_factor: 0.5 },
      context,
    )
    expect(IMAGE.frames[0]!.data).toEqual(Uint16Array.of(500))
  })
})

describe('a picture over another one', () => {
  const destination = batch(bytes(3, 2, 1, [10, 10, 10, 10, 10, 10]))
  const run = (source: Image, settings: object, mask?: Image) =>
    imageCompositeMasked.run({ destination, source, mask }, imageCompositeMasked.parameters.parse(settings), context)

  test('covers it, as far as it reaches', async () => {
    const source = batch(bytes(2, 2, 1, [50, 60, 70, 80]))
    expect(first((await run(source, { x: 2, y: 1 })).IMAGE).samples).toEqual([10, 10, 10, 10, 10, 50])
    expect(first((await run(source, { x: 9, y: 0 })).IMAGE).samples).toEqual([10, 10, 10, 10, 10, 10])
  })

  test('shows where the mask lets it, stretched if asked to', async () => {
    const mask = batch(floats(3, 2, 1, [0, 0.5, 1, 0, 0.25, 1]))
    const { IMAGE } = await run(batch(bytes(1, 1, 1, [110])), { resize_source: true }, mask)
    expect(first(IMAGE).samples).toEqual([10, 60, 110, 10, 35, 110])
  })
})

describe('a blur', () => {
  test('is the Gaussian of ComfyUI, mirrored at the edges', async () => {
    // Radius 1 and sigma 1: e^(−½), 1, e^(−½) along each axis.
    const side = Math.exp(-0.5)
    const sum = 1 + 2 * side
    const image = batch(floats(3, 3, 1, [0, 0, 0, 0, 1, 0, 0, 0, 0]))
    const { IMAGE } = await imageBlur.run({ image }, { blur_radius: 1, sigma: 1 }, context)
    const [middle, edge, corner] = [1, 2 * side, 4 * side * side].map((weight) => weight / sum / sum) as [
      number,
      number,
      number,
    ]
    // At an edge the mirrored middle counts twice.
    const expected = [corner, edge, corner, edge, middle, edge, corner, edge, corner]
    IMAGE.frames[0]!.data.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 6)
    })
  })

  test('leaves flat fields alone at any depth and size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 31 }), async (width, blur_radius) => {
        const image = batch(bytes(width, 3, 3, new Array(width * 9).fill(201)))
        expect((await imageBlur.run({ image }, { blur_radius, sigma: 1 }, context)).IMAGE).toEqual(image)
      }),
      { numRuns: 20 },
    )
  })

  test('stops when the run is cancelled', async () => {
    const image = batch(noiseFrame(3000, 40))
    const run = imageBlur.run({ image }, { blur_radius: 31, sigma: 1 }, { ...context, signal: AbortSignal.abort() })
    await expect(run).rejects.toThrow()
  })
})

test('sharpening adds ten times alpha of what the blur lacks', async () => {
  const side = Math.exp(-0.5)
  const image = batch(floats(3, 1, 1, [0.4, 0.5, 0.5]))
  const { IMAGE } = await imageSharpen.run({ image }, { sharpen_radius: 1, sigma: 1, alpha: 0.1 }, context)
  const blurred = (0.5 + side * (0.4 + 0.5)) / (1 + 2 * side)
  expect(IMAGE.frames[0]!.data[1]).toBeCloseTo(0.5 + (0.5 - blurred), 6)
  const hard = await imageSharpen.run({ image }, { sharpen_radius: 1, sigma: 1, alpha: 5 }, context)
  expect(hard.IMAGE.frames[0]!.data[0]).toBe(0)
})

describe('noise', () => {
  // torch.manual_seed(0), torch.randn(3) and torch.randn(16), as PyTorch's documentation and forums show them.
  test.each([
    [3, [1.541, -0.2934, -2.1788]],
    [
      16,
      [
        -1.1258, -1.1524, -0.2506, -0.4339, 0.8487, 0.692, -0.316, -2.1152, 0.3223, -1.2633, 0.35, 0.3081, 0.1198,
        1.2377, 1.1168, -0.2473,
      ],
    ],
  ])('of %i values is torch’s', (length, expected) => {
    const noise = new NormalNoise(0, length).take(length)
    expected.forEach((value, i) => {
      expect(noise[i]).toBeCloseTo(value, 4)
    })
  })

  test('is the same whichever pieces it is taken in', () => {
    for (const length of [16, 37, 47, 48, 1000]) {
      const whole = new NormalNoise(7, length).take(length)
      const pieces = new NormalNoise(7, length)
      const sizes = [1, 5, 16, length - 22]
      expect(sizes.flatMap((size) => [...pieces.take(Math.max(0, size))]).slice(0, length)).toEqual([...whole])
    }
  })

  test('has the deviation that was asked for, and another seed is other noise', async () => {
    const image = batch(floats(200, 200, 1, new Array(40000).fill(0.5)))
    const run = async (seed: number) =>
      (await imageAddNoise.run({ image }, { seed, strength: 0.05 }, context)).IMAGE.frames[0]!.data
    const [one, two, again] = [await run(1), await run(2), await run(1)]
    expect(again).toEqual(one)
    expect(two).not.toEqual(one)
    const deviation = Math.sqrt(Array.from(one).reduce((sum, value) => sum + (value - 0.5) ** 2, 0) / one.length)
    expect(deviation).toBeCloseTo(0.05, 3)
  })
})

test('brightness multiplies, contrast moves away from grey, alpha stays', async () => {
  const images = batch(bytes(1, 1, 4, [100, 200, 51, 9]))
  const brighter = await adjustBrightness.run({ images }, { factor: 1.5 }, context)
  expect(first(brighter.images).samples).toEqual([150, 255, 77, 9])
  const harder = await adjustContrast.run({ images }, { factor: 2 }, context)
  expect(first(harder.images).samples).toEqual([73, 255, 0, 9])
})

describe('a picture is inverted:', () => {
  test('each colour becomes its complement and alpha stays, at every depth, for every number of samples', async () => {
    const side = fc.integer({ min: 1, max: 9 })
    const channel = fc.constantFrom(1, 2, 3, 4) as fc.Arbitrary<1 | 2 | 3 | 4>
    const depth = fc.constantFrom<SampleDepth>('uint8', 'uint16', 'float32')
    await fc.assert(
      fc.asyncProperty(side, side, channel, depth, async (width, height, channels, samples) => {
        const frame = toDepth(noiseFrame(width, height, channels), samples)
        const before = frame.data.slice()
        const [inverted] = (await imageInvert.run({ image: batch(frame) }, {}, context)).IMAGE.frames
        const white = fullScale(frame.data)
        expect(inverted!.data).toEqual(
          frame.data.map((value, i) => (channels % 2 === 0 && i % channels === channels - 1 ? value : white - value)),
        )
        expect(frame.data).toEqual(before)
      }),
    )
  })
})
