import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { transferColor } from '../../../nodes/pixels/color-transfer.ts'
import { fromPaddedTensor, reflect, toPaddedTensor } from '../../../nodes/pixels/padding.ts'
import { resizeFrame } from '../../../nodes/pixels/resize.ts'
import { toDepth, toRgb } from '../../../nodes/pixels/samples.ts'
import type { Frame } from '../../../nodes/sdk/values.ts'
import { noiseFrame } from '../context.ts'

describe('padding', () => {
  test('mirrors the edge without repeating it, also when the side is short', () => {
    expect(Array.from({ length: 8 }, (_, i) => reflect(i, 4))).toEqual([0, 1, 2, 3, 2, 1, 0, 1])
    expect(Array.from({ length: 5 }, (_, i) => reflect(i, 2))).toEqual([0, 1, 0, 1, 0])
    expect(reflect(7, 1)).toBe(0)
  })

  test('there and back gives the same pixels for every size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 70 }), (width, height) => {
        const frame = noiseFrame(width, height)
        const tensor = toPaddedTensor(frame, 32)
        expect(tensor.dims.slice(2).every((side) => side % 32 === 0)).toBe(true)
        expect(Math.max(...tensor.data)).toBeLessThanOrEqual(1)
        const back = toDepth(fromPaddedTensor(tensor, width, height), 'uint8')
        expect(back.data).toEqual(frame.data)
      }),
    )
  })
})

describe('sample depths', () => {
  test('widening and narrowing again loses nothing', () => {
    const frame: Frame = { width: 256, height: 1, channels: 1, data: Uint8Array.from({ length: 256 }, (_, i) => i) }
    expect(toDepth(toDepth(frame, 'uint16'), 'uint8').data).toEqual(frame.data)
    expect(toDepth(toDepth(frame, 'float32'), 'uint8').data).toEqual(frame.data)
  })

  test('float beyond 0..1 is clamped', () => {
    const frame: Frame = { width: 2, height: 1, channels: 1, data: Float32Array.of(-0.5, 1.5) }
    expect([...toDepth(frame, 'uint8').data]).toEqual([0, 255])
  })

  test('grey and alpha become RGB', () => {
    const grey: Frame = { width: 1, height: 1, channels: 2, data: Uint8Array.of(7, 9) }
    expect([...toRgb(grey).data]).toEqual([7, 7, 7])
    const colour: Frame = { width: 1, height: 1, channels: 4, data: Uint8Array.of(1, 2, 3, 4) }
    expect([...toRgb(colour).data]).toEqual([1, 2, 3])
  })
})

describe('colour transfer', () => {
  const image = toDepth(noiseFrame(53, 41), 'float32')
  const reference = toDepth(noiseFrame(53, 41, 3, 9), 'float32')

  test('the wavelet one equals y − low(y) + low(x) computed directly', () => {
    const result = transferColor(image, reference, 'wavelet', 5)
    const lowY = lowPass(image, 5)
    const lowX = lowPass(reference, 5)
    result.data.forEach((value, i) => {
      expect(value).toBeCloseTo(image.data[i]! - lowY[i]! + lowX[i]!, 4)
    })
  })

  test('the adaptive one gives the mean and deviation of the reference', () => {
    const result = transferColor(image, reference, 'adain', 5)
    for (let c = 0; c < 3; c++) {
      const own = channel(result, c)
      const wanted = channel(reference, c)
      expect(mean(own)).toBeCloseTo(mean(wanted), 4)
      expect(deviation(own)).toBeCloseTo(deviation(wanted), 3)
    }
  })

  test('none changes nothing, and a picture is its own reference', () => {
    expect(transferColor(image, reference, 'none', 5).data).toEqual(image.data)
    transferColor(image, image, 'wavelet', 5).data.forEach((value, i) => {
      expect(value).toBeCloseTo(image.data[i]!, 6)
    })
  })
})

describe('resizing', () => {
  test.each(['nearest-exact', 'bilinear', 'area', 'bicubic', 'lanczos'] as const)(
    '%s keeps a flat field flat',
    async (method) => {
      for (const data of [
        new Uint8Array(300).fill(77),
        new Uint16Array(300).fill(7777),
        new Float32Array(300).fill(0.3),
      ]) {
        for (const [width, height] of [
          [33, 7],
          [5, 5],
          [10, 21],
        ] as const) {
          const resized = await resizeFrame({ width: 10, height: 10, channels: 3, data }, width, height, method)
          expect(resized).toMatchObject({ width, height, channels: 3 })
          expect(resized.data.constructor).toBe(data.constructor)
          expect(resized.data.length).toBe(width * height * 3)
          const tolerance = data instanceof Float32Array ? 1e-6 : 0
          for (const value of resized.data) expect(Math.abs(value - data[0]!)).toBeLessThanOrEqual(tolerance)
        }
      }
    },
  )

  test.each([
    // Made with torch 2.13 interpolate(mode='bicubic'), Pillow 12.3 LANCZOS (float) and interpolate(mode='nearest-exact').
    ['bicubic', [-0.0928345, 0.4903717, 1.0032501, 0.4919281, 0.227417, 0.4752198, 0.662735, 0.7732086]],
    ['lanczos', [-0.1255703, 0.4529568, 1.0121527, 0.5199274, 0.1777995, 0.4664912, 0.6915424, 0.7677398]],
    ['nearest-exact', [0, 0, 1, 0.25, 0.25, 0.5, 0.75, 0.75]],
  ] as const)('%s gives what the reference implementation gives', async (method, expected) => {
    const frame: Frame = { width: 5, height: 1, channels: 1, data: Float32Array.of(0, 1, 0.25, 0.5, 0.75) }
    const { data } = await resizeFrame(frame, expected.length, 1, method)
    data.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 5)
    })
  })

  test('Lanczos gives the bytes of Pillow, which rounds between lines and columns', async () => {
    const source = ['01001', '11010', '00111', '10100']
    const data = Uint8Array.from(source.join(''), (bit) => 255 * Number(bit))
    const { data: resized } = await resizeFrame({ width: 5, height: 4, channels: 1, data }, 9, 8, 'lanczos')
    // Made with Pillow 12.3.
    const expected = [
      [0, 55, 232, 195, 10, 0, 3, 208, 255],
      [62, 134, 255, 170, 0, 23, 71, 160, 191],
      [213, 242, 255, 128, 0, 100, 185, 92, 33],
      [213, 213, 202, 100, 54, 202, 255, 128, 36],
      [42, 43, 54, 108, 201, 255, 255, 246, 217],
      [42, 13, 0, 113, 255, 233, 180, 206, 224],
      [193, 118, 0, 106, 255, 171, 46, 58, 72],
      [255, 196, 18, 102, 245, 128, 0, 0, 0],
    ].flat()
    expect(Math.max(...expected.map((value, i) => Math.abs(value - resized[i]!)))).toBeLessThanOrEqual(1)
  })

  test('keeps a ramp in its place', async () => {
    const ramp: Frame = {
      width: 32,
      height: 32,
      channels: 1,
      data: Float32Array.from({ length: 1024 }, (_, i) => (i % 32) / 32),
    }
    const { data } = await resizeFrame(ramp, 128, 128, 'bicubic')
    for (let x = 16; x < 112; x++)
      expect(Math.abs(data[64 * 128 + x]! - ((x + 0.5) / 128 - 0.5 / 32))).toBeLessThan(0.002)
  })
})

/** The published low-pass, written plainly: each pass a 3 × 3 kernel with dilation, edges repeated. */
function lowPass({ data, width, height, channels }: Frame, levels: number): number[] {
  let plane = Array.from(data)
  const at = (x: number, y: number, c: number) =>
    plane[(Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))) * channels + c]!
  for (let step = 1; step < 2 ** levels; step *= 2) {
    const next: number[] = []
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < channels; c++) {
          let sum = 0
          for (const [v, row] of [
            [-1, 1],
            [0, 2],
            [1, 1],
          ] as const) {
            for (const [u, column] of [
              [-1, 1],
              [0, 2],
              [1, 1],
            ] as const) {
              sum += (row * column * at(x + u * step, y + v * step, c)) / 16
            }
          }
          next.push(sum)
        }
      }
    }
    plane = next
  }
  return plane
}

function channel({ data, channels }: Frame, c: number): number[] {
  return Array.from(data).filter((_, i) => i % channels === c)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function deviation(values: readonly number[]): number {
  const centre = mean(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1))
}
