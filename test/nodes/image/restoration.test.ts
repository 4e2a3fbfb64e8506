import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { imageAutoLevels } from '../../../nodes/image/image-auto-levels.ts'
import { imageCropToContent } from '../../../nodes/image/image-crop-to-content.ts'
import { imageDenoise } from '../../../nodes/image/image-denoise.ts'
import { imageDustAndScratches } from '../../../nodes/image/image-dust-and-scratches.ts'
import { imageFillAlpha } from '../../../nodes/image/image-fill-alpha.ts'
import { imageHueSaturation } from '../../../nodes/image/image-hue-saturation.ts'
import { imageLevels } from '../../../nodes/image/image-levels.ts'
import { imageRotate } from '../../../nodes/image/image-rotate.ts'
import { imageStraighten } from '../../../nodes/image/image-straighten.ts'
import { imageUnsharpMask } from '../../../nodes/image/image-unsharp-mask.ts'
import { imageWhiteBalance } from '../../../nodes/image/image-white-balance.ts'
import { fromLinear, toLinear } from '../../../nodes/image/linear-light.ts'
import { medianFrame } from '../../../nodes/image/median.ts'
import { noiseLevel } from '../../../nodes/image/noise-level.ts'
import { NormalNoise } from '../../../nodes/image/normal-noise.ts'
import { fromOklab, type Oklab, toOklab } from '../../../nodes/image/oklab.ts'
import { insideSize } from '../../../nodes/image/rotated.ts'
import type { Frame, Image } from '../../../nodes/sdk/values.ts'
import { noiseFrame, testContext } from '../context.ts'
import { batch, bytes, floats, shown } from '../frames.ts'

const context = testContext()
const first = ({ frames }: Image) => shown(frames[0]!)
const cancelled = { ...context, signal: AbortSignal.abort() }

/** The settings of a node: its defaults, but for some. */
function settings<T>(node: { parameters: { parse(value: unknown): T } }, some: Partial<T> = {}): T {
  return node.parameters.parse(some)
}

describe('levels', () => {
  const run = (some: object, image: Image) => imageLevels.run({ image }, settings(imageLevels, some), context)

  test('set black and white, and bend what is between', async () => {
    const image = batch(bytes(4, 1, 1, [10, 51, 102, 204]))
    expect(first((await run({ black: 51, white: 204 }, image)).IMAGE).samples).toEqual([0, 0, 85, 255])
    // (1/3)^(1/2) · 255
    expect(first((await run({ black: 51, white: 204, gamma: 2 }, image)).IMAGE).samples).toEqual([0, 0, 147, 255])
    expect(first((await run({ output_black: 255, output_white: 0 }, image)).IMAGE).samples).toEqual([245, 204, 153, 51])
  })

  test('of one colour leave the others and alpha alone', async () => {
    const image = batch(bytes(1, 1, 4, [100, 100, 100, 100]))
    expect(first((await run({ white: 200, channel: 'green' }, image)).IMAGE).samples).toEqual([100, 128, 100, 100])
  })

  test('are those of 255 at 16 bits, too', async () => {
    const deep: Frame = { width: 2, height: 1, channels: 1, data: Uint16Array.of(257 * 51, 257 * 60) }
    const { IMAGE } = await run({ black: 51, white: 69 }, batch(deep))
    expect([...IMAGE.frames[0]!.data]).toEqual([0, 32768])
  })

  test('need white above black', () => {
    expect(() => run({ black: 200, white: 200 }, batch(noiseFrame(1, 1)))).toThrow(/200/)
  })
})

describe('automatic levels', () => {
  const run = (some: object, image: Image) => imageAutoLevels.run({ image }, settings(imageAutoLevels, some), context)
  const faded = batch(bytes(2, 1, 3, [50, 100, 60, 200, 150, 160]))

  test('stretch each colour from black to white', async () => {
    expect(first((await run({ clip: 0 }, faded)).IMAGE).samples).toEqual([0, 0, 0, 255, 255, 255])
    expect(first((await run({ clip: 0, strength: 0.2 }, faded)).IMAGE).samples).toEqual([40, 80, 48, 211, 171, 179])
  })

  test('stretch all together, and keep the colours apart', async () => {
    const { IMAGE } = await run({ clip: 0, mode: 'all together' }, faded)
    expect(first(IMAGE).samples).toEqual([0, 85, 17, 255, 170, 187])
  })

  test('do not see a few specks', async () => {
    const scan = batch(bytes(100, 1, 1, [0, 255, ...Array.from({ length: 98 }, (_, i) => 80 + i)]))
    const { IMAGE } = await run({ clip: 2 }, scan)
    const samples = IMAGE.frames[0]!.data
    expect([samples[0], samples[1], samples[3], samples[98]]).toEqual([0, 255, 0, 255])
  })

  test('leave a flat picture alone', async () => {
    const flat = batch(bytes(2, 1, 1, [7, 7]))
    expect((await run({}, flat)).IMAGE).toEqual(flat)
  })
})

describe('white balance', () => {
  const run = (some: object, image: Image) =>
    imageWhiteBalance.run({ image }, settings(imageWhiteBalance, some), context)
  const tint = (light: number) => [1.4, 1, 0.6].map((share) => 255 * fromLinear(share * light))
  const tinted = batch(bytes(2, 1, 3, [...tint(0.3), ...tint(0.1)]))

  test.each(['grey world', 'shades of grey', 'white patch'] as const)(
    'by %s makes a tinted grey grey',
    async (method) => {
      const { samples } = first((await run({ method }, tinted)).IMAGE)
      for (const [r, g, b] of [samples.slice(0, 3), samples.slice(3)]) {
        expect(Math.abs(r! - g!)).toBeLessThanOrEqual(2)
        expect(Math.abs(b! - g!)).toBeLessThanOrEqual(2)
      }
    },
  )

  test('keeps the luminance of the light, leaves alpha and greys alone, and does as much as asked', async () => {
    const { samples } = first((await run({ method: 'grey world' }, batch(floats(1, 1, 4, [0.6, 0.5, 0.4, 0.3])))).IMAGE)
    const luminance = 0.2126 * toLinear(0.6) + 0.7152 * toLinear(0.5) + 0.0722 * toLinear(0.4)
    expect(samples[0]).toBeCloseTo(fromLinear(luminance), 3)
    expect(samples[3]).toBeCloseTo(0.3, 5)
    expect((await run({ strength: 0 }, tinted)).IMAGE).toEqual(tinted)
    const grey = batch(bytes(1, 1, 3, [9, 9, 9]))
    expect((await run({}, grey)).IMAGE).toEqual(grey)
  })

  test('does not count what is burnt out', async () => {
    const burnt = batch(bytes(3, 1, 3, [180, 150, 100, 255, 255, 255, 255, 255, 255]))
    const { samples } = first((await run({ method: 'grey world' }, burnt)).IMAGE)
    expect(Math.abs(samples[0]! - samples[2]!)).toBeLessThanOrEqual(2)
  })
})

describe('hue and saturation', () => {
  const run = (some: object, image: Image) =>
    imageHueSaturation.run({ image }, settings(imageHueSaturation, some), context)
  const colours = batch(bytes(3, 1, 3, [200, 100, 50, 20, 90, 160, 128, 128, 128]))

  test('stay what they are when nothing is asked for', async () => {
    expect((await run({}, colours)).IMAGE).toBe(colours)
    const soft = batch(bytes(2, 1, 3, [140, 120, 100, 90, 100, 120]))
    const { samples } = first((await run({ hue: 180 }, (await run({ hue: -180 }, soft)).IMAGE)).IMAGE)
    first(soft).samples.forEach((value, i) => {
      expect(Math.abs(value - samples[i]!)).toBeLessThanOrEqual(2)
    })
  })

  test('without saturation is grey of the same lightness', async () => {
    const { samples } = first((await run({ saturation: -100 }, colours)).IMAGE)
    const lightness = (red: number, green: number, blue: number) => {
      const lab: Oklab = [0, 0, 0]
      toOklab(toLinear(red / 255), toLinear(green / 255), toLinear(blue / 255), lab)
      return lab[0]
    }
    expect(samples[0]).toBe(samples[1])
    expect(samples[0]).toBe(samples[2])
    expect(lightness(samples[0]!, samples[0]!, samples[0]!)).toBeCloseTo(lightness(200, 100, 50), 2)
    expect(samples.slice(6)).toEqual([128, 128, 128])
  })

  test('lighten to white and darken to black', async () => {
    expect(new Set(first((await run({ lightness: 100 }, colours)).IMAGE).samples)).toEqual(new Set([255]))
    expect(new Set(first((await run({ lightness: -100 }, colours)).IMAGE).samples)).toEqual(new Set([0]))
  })

  test('are of Oklab: red has the published coordinates, and every colour comes back', () => {
    const lab: Oklab = [0, 0, 0]
    toOklab(1, 0, 0, lab)
    ;[0.628, 0.2249, 0.1258].forEach((value, i) => {
      expect(lab[i]).toBeCloseTo(value, 3)
    })
    const unit = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(unit, unit, unit, (red, green, blue) => {
        const rgb: [number, number, number] = [0, 0, 0]
        toOklab(red, green, blue, lab)
        fromOklab(lab, rgb)
        ;[red, green, blue].forEach((value, i) => {
          expect(rgb[i]).toBeCloseTo(value, 5)
        })
      }),
    )
  })
})

describe('an unsharp mask', () => {
  const run = (some: object, image: Image, of = context) =>
    imageUnsharpMask.run({ image }, settings(imageUnsharpMask, some), of)
  const edge = batch(floats(8, 1, 1, [0.4, 0.4, 0.4, 0.4, 0.6, 0.6, 0.6, 0.6]))

  test('makes an edge steeper, and flat fields stay', async () => {
    const { samples } = first((await run({ amount: 1 }, edge)).IMAGE)
    expect(samples[3]).toBeLessThan(0.38)
    expect(samples[4]).toBeGreaterThan(0.62)
    expect(samples[0]).toBeCloseTo(0.4, 2)
    expect(samples[3]! + samples[4]!).toBeCloseTo(1, 5)
  })

  test('leaves differences up to the threshold alone', async () => {
    expect((await run({ amount: 5, threshold: 255 * 0.15 }, edge)).IMAGE).toEqual(edge)
    const some = first((await run({ amount: 1, threshold: 4 }, edge)).IMAGE).samples[4]!
    expect(some).toBeCloseTo(first((await run({ amount: 1 }, edge)).IMAGE).samples[4]! - 4 / 255, 4)
  })

  test('gives all colours the difference of luma, keeps alpha, and stops when cancelled', async () => {
    const image = batch(floats(4, 1, 4, [0.2, 0.4, 0.3, 0, 0.2, 0.4, 0.3, 0, 0.5, 0.7, 0.6, 1, 0.5, 0.7, 0.6, 1]))
    const { samples } = first((await run({ amount: 1 }, image)).IMAGE)
    const change = samples[4]! - 0.2
    expect(change).toBeLessThan(-0.01)
    expect(samples[5]! - 0.4).toBeCloseTo(change, 4)
    expect([samples[3], samples[15]]).toEqual([0, 1])
    await expect(run({ radius: 50 }, batch(noiseFrame(4000, 60)), cancelled)).rejects.toThrow()
  })
})

describe('a median', () => {
  const naive = ({ width, height, channels, data }: Frame, radius: number) =>
    data.map((_, i) => {
      const [c, x, y] = [i % channels, Math.floor(i / channels) % width, Math.floor(i / channels / width)]
      const around: number[] = []
      for (let v = y - radius; v <= y + radius; v++) {
        for (let u = x - radius; u <= x + radius; u++) {
          const at = Math.min(height - 1, Math.max(0, v)) * width + Math.min(width - 1, Math.max(0, u))
          around.push(data[at * channels + c]!)
        }
      }
      return around.sort((a, b) => a - b)[(around.length - 1) / 2]!
    })

  test('is the middle value around each pixel, at 8 and 16 bits', async () => {
    const side = fc.integer({ min: 1, max: 9 })
    await fc.assert(
      fc.asyncProperty(
        side,
        side,
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        fc.nat(),
        async (w, h, radius, isDeep, seed) => {
          const frame = noiseFrame(w, h, 3, seed)
          const source: Frame = isDeep
            ? { ...frame, data: Uint16Array.from(frame.data, (value) => value * 251 + 3) }
            : frame
          expect((await medianFrame(source, radius, context.signal)).data).toEqual(naive(source, radius))
        },
      ),
      { numRuns: 40 },
    )
  })

  test('of floats is told apart in 65536 steps', async () => {
    const { data } = await medianFrame(floats(3, 1, 1, [0.1, 0.9, 0.3]), 1, context.signal)
    expect(data[1]).toBeCloseTo(0.3, 4)
  })
})

describe('dust and scratches', () => {
  const run = (some: object, image: Image) =>
    imageDustAndScratches.run({ image }, settings(imageDustAndScratches, some), context)

  test('are replaced by what is around them and masked; what differs less stays', async () => {
    const samples = new Array(49).fill(100)
    samples[24] = 250
    samples[10] = 110
    const { IMAGE, MASK } = await run({ radius: 1, threshold: 20 }, batch(bytes(7, 7, 1, samples)))
    const clean = new Array(49).fill(100)
    clean[10] = 110
    expect(first(IMAGE).samples).toEqual(clean)
    expect(MASK.frames[0]!.data.indexOf(1)).toBe(24)
    expect(first((await run({ radius: 1, threshold: 0 }, batch(bytes(7, 7, 1, samples)))).IMAGE).samples).toEqual(
      new Array(49).fill(100),
    )
  })

  test('of one colour take all colours of the pixel along, but not its alpha', async () => {
    const clean = Array.from({ length: 9 }, () => [10, 20, 30, 40]).flat()
    const scratched = clean.slice()
    scratched.splice(16, 4, 10, 22, 200, 99)
    const { IMAGE } = await run({ radius: 1 }, batch(bytes(3, 3, 4, scratched)))
    expect(first(IMAGE).samples.slice(16, 20)).toEqual([10, 20, 30, 99])
  })
})

describe('noise', () => {
  /** A picture of soft hills and one edge. */
  const clean: Frame = { width: 120, height: 90, channels: 3, data: new Uint8Array(120 * 90 * 3) }
  for (let i = 0; i < clean.data.length; i++) {
    const [x, y] = [Math.floor(i / 3) % 120, Math.floor(i / 360)]
    clean.data[i] = 90 + 30 * Math.sin(x / 15) + 30 * Math.cos(y / 11 + (i % 3)) + (x > 60 ? 50 : 0)
  }
  const noisy = (level: number): Frame => {
    const noise = new NormalNoise(3, clean.data.length).take(clean.data.length)
    const data = clean.data.map((value, i) => Math.min(255, Math.max(0, Math.round(value + level * noise[i]!))))
    return { ...clean, data: Uint8Array.from(data) }
  }
  const error = (frame: Frame) =>
    Math.sqrt(
      Array.from(frame.data).reduce((sum, value, i) => sum + (value - clean.data[i]!) ** 2, 0) / frame.data.length,
    )
  const run = (some: object, frame: Frame, of = context) =>
    imageDenoise.run({ image: batch(frame) }, settings(imageDenoise, some), of)

  test.each([3, 10, 25])('of %i levels is measured', (level) => {
    expect(Math.abs(noiseLevel(noisy(level)) / level - 1)).toBeLessThan(0.08)
  })

  test.each([5, 12, 30])('of %i levels is less than half afterwards', async (level) => {
    const frame = noisy(level)
    const before = error(frame)
    expect(error((await run({}, frame)).IMAGE.frames[0]!)).toBeLessThan(before / 2)
    expect(error((await run({ strength: 0.4 }, frame)).IMAGE.frames[0]!)).toBeLessThan(before)
  })

  test('that is not there changes nothing', async () => {
    const flat: Frame = { ...clean, data: new Uint8Array(clean.data.length).fill(80) }
    expect((await run({}, flat)).IMAGE.frames[0]).toEqual(flat)
    expect((await run({ strength: 0 }, noisy(9))).IMAGE.frames[0]!.data).toEqual(noisy(9).data)
  })

  test('goes band by band without a seam, keeps alpha, tells its progress and can be cancelled', async () => {
    // So wide that the least height of a band is taken.
    const wide: Frame = {
      width: 3,
      height: 100,
      channels: 2,
      data: Uint8Array.from({ length: 600 }, (_, i) => (i % 2 ? 77 : 100 + (i % 7))),
    }
    const { data } = (await run({ noise: 4 }, wide)).IMAGE.frames[0]!
    expect(data.every((value, i) => i % 2 === 0 || value === 77)).toBe(true)
    const own = testContext()
    await run({ noise: 4 }, noisy(4), own)
    expect(own.steps.at(-1)).toEqual([1, 1])
    await expect(run({ noise: 4 }, noisy(4), cancelled)).rejects.toThrow()
  })
})

describe('content', () => {
  const run = (some: object, frame: Frame) =>
    imageCropToContent.run({ image: batch(frame) }, settings(imageCropToContent, some), context)
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

describe('a picture that is straightened', () => {
  const run = (some: object, image: Image, of = context) =>
    imageStraighten.run({ image }, settings(imageStraighten, some), of)

  test.each([90, 180, -90])('by %i degrees is what quarters make of it', async (angle) => {
    const image = batch(noiseFrame(7, 4))
    const rotation = `${(angle + 360) % 360} degrees` as '90 degrees'
    const turned = (await imageRotate.run({ image }, { rotation }, context)).IMAGE
    expect((await run({ angle, border: 'white' }, image)).IMAGE).toEqual(turned)
    expect((await run({ angle }, image)).IMAGE).toEqual(turned)
  })

  test('shows no corner that is not of it, or fills them', async () => {
    const image = batch(bytes(40, 30, 1, new Array(1200).fill(200)))
    const cropped = (await run({ angle: 3.3 }, image)).IMAGE.frames[0]!
    expect(new Set(cropped.data)).toEqual(new Set([200]))
    expect(cropped.width).toBeGreaterThan(35)
    const whole = (await run({ angle: 3.3, border: 'black' }, image)).IMAGE.frames[0]!
    expect([whole.width, whole.height]).toEqual([42, 33])
    expect([whole.data[0], whole.data[16 * 42 + 20]]).toEqual([0, 200])
  })

  test('keeps the largest part that lies inside, at any angle', () => {
    const side = fc.integer({ min: 2, max: 4000 })
    fc.assert(
      fc.property(side, side, fc.double({ min: -Math.PI, max: Math.PI, noNaN: true }), (width, height, angle) => {
        const inside = insideSize({ width, height }, angle)
        const [sin, cos] = [Math.abs(Math.sin(angle)), Math.abs(Math.cos(angle))]
        if (inside.width === 1 || inside.height === 1) return
        // Turned back, its corners lie in the picture.
        expect(inside.width * cos + inside.height * sin).toBeLessThan(width + 1e-6)
        expect(inside.width * sin + inside.height * cos).toBeLessThan(height + 1e-6)
      }),
    )
  })

  test('stays what it is at 0, and can be cancelled', async () => {
    const image = batch(noiseFrame(40, 200))
    expect((await run({}, image)).IMAGE).toBe(image)
    await expect(run({ angle: 1 }, image, cancelled)).rejects.toThrow()
  })
})

describe('a transparent picture on a colour', () => {
  const run = (image: Image, mask?: Image, color = 0xff8000) =>
    imageFillAlpha.run({ image, mask }, settings(imageFillAlpha, { color }), context)
  const extend = (image: Image, mask?: Image) =>
    imageFillAlpha.run({ image, mask }, settings(imageFillAlpha, { fill: 'own colors' }), context)

  test('shows it where the mask says so, by as much', async () => {
    const image = batch(bytes(3, 1, 3, [10, 10, 10, 10, 10, 10, 10, 10, 10]))
    const { IMAGE } = await run(image, batch(floats(3, 1, 1, [0, 1, 0.2])))
    expect(first(IMAGE).samples).toEqual([10, 10, 10, 255, 128, 0, 59, 34, 8])
    expect((await run(image)).IMAGE).toEqual(image)
  })

  test('continues its own colours instead: the one that there is, else what lies near', async () => {
    const hidden = [9, 200, 9]
    const red = batch(bytes(3, 2, 3, [250, 5, 0, ...hidden, 250, 5, 0, ...hidden, ...hidden, ...hidden]))
    const mask = batch(floats(3, 2, 1, [0, 1, 0, 1, 1, 1]))
    expect(new Set(first((await extend(red, mask)).IMAGE).samples)).toEqual(new Set([250, 5, 0]))

    const ends = Array.from({ length: 64 * 3 }, (_, at) => (at < 3 ? 40 : at >= 189 ? 240 : 0))
    const middle = batch(floats(64, 1, 1, [0, ...new Array(62).fill(1), 0]))
    const { samples } = first((await extend(batch(bytes(64, 1, 3, ends)), middle)).IMAGE)
    const greys = samples.filter((_, at) => at % 3 === 0)
    expect([greys[0], greys[63]]).toEqual([40, 240])
    expect(greys).toEqual([...greys].sort((a, b) => a - b))
    expect(greys[16]).toBeLessThan(100)
    expect(greys[47]).toBeGreaterThan(180)
  })

  test('a picture that is transparent throughout has no colours to continue and becomes black', async () => {
    const all = batch(
      bytes(
        5,
        3,
        4,
        new Array(60).fill(0).map((_, at) => (at % 4 === 3 ? 0 : 77)),
      ),
    )
    expect(new Set(first((await extend(all)).IMAGE).samples)).toEqual(new Set([0]))
  })

  test('loses its own alpha, and greys become colours', async () => {
    const { IMAGE } = await run(batch(bytes(2, 1, 2, [100, 255, 100, 0])), undefined, 0xffffff)
    expect(first(IMAGE)).toEqual({ size: [2, 1, 3], samples: [100, 100, 100, 255, 255, 255] })
  })
})
