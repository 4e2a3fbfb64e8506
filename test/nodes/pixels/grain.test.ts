import { describe, expect, test } from 'vitest'
import { withGrain } from '../../../nodes/pixels/grain.ts'
import type { Frame } from '../../../nodes/sdk/values.ts'
import { flat, uneven } from '../sdk/frames.ts'

/** Where it is strongest, in units of white. */
const MOST = 5 / 255

function everywhere({ width, height }: Frame, share = 1): Float32Array {
  return new Float32Array(width * height).fill(share)
}

describe('grain', () => {
  test('is what training and its figures have', () => {
    // models/training/grain.py: grain(y, where, 6.4) of the same picture and places.
    const where = Float32Array.from({ length: 45 * 37 }, (_, i) => 0.5 + 0.5 * Math.sin(i / 7))
    const { width, data } = withGrain(uneven(45, 37), where, 6.4)
    const expected = [
      [0, 0, [0.28479, 0.18479, 0.23479]],
      [3, 5, [0.451123, 0.350605, 0.400864]],
      [20, 20, [0.540853, 0.444889, 0.492871]],
      [31, 17, [0.521412, 0.426126, 0.473769]],
      [36, 44, [0.491541, 0.391661, 0.441601]],
    ] as const
    for (const [y, x, colour] of expected)
      for (const [i, value] of colour.entries()) expect(data[3 * (y * width + x) + i]).toBeCloseTo(value, 5)
  })

  test('has the deviation that was asked for in middle grey, and none in black and white', () => {
    const grey = flat(256, 256, 0.5)
    const changes = Array.from(withGrain(grey, everywhere(grey, 0.5), 3).data, (value) => (value - 0.5) / MOST)
    expect(Math.sqrt(changes.reduce((sum, value) => sum + value ** 2, 0) / changes.length)).toBeCloseTo(1.5, 1)
    for (const level of [-0.1, 0, 1, 1.2]) {
      const frame = flat(9, 5, level)
      expect(withGrain(frame, everywhere(frame), 3).data).toEqual(frame.data)
    }
  })

  test('goes where it is wanted', () => {
    const frame = flat(16, 4, 0.5)
    const where = Float32Array.from({ length: 64 }, (_, i) => (i % 16 < 8 ? 0 : 1))
    const { data } = withGrain(frame, where, 1)
    const all = withGrain(frame, everywhere(frame), 1).data
    data.forEach((value, i) => {
      expect(value).toBe(Math.floor(i / 3) % 16 < 8 ? 0.5 : all[i])
    })
  })

  test('has no lines in its spectrum, at 8 and 64 pixels or anywhere', () => {
    const side = 1024
    const frame = flat(side, side, 0.5)
    const { data } = withGrain(frame, everywhere(frame, 0.1), 1)
    const power = (period: number) => {
      let sum = 0
      for (let y = 0; y < side; y += 2) {
        let [real, imaginary] = [0, 0]
        for (let x = 0; x < side; x++) {
          const value = data[3 * (y * side + x)]! - 0.5
          real += value * Math.cos((2 * Math.PI * x) / period)
          imaginary += value * Math.sin((2 * Math.PI * x) / period)
        }
        sum += real ** 2 + imaginary ** 2
      }
      return sum
    }
    for (const period of [8, 64]) {
      const beside = [-3, -2, 2, 3].map((step) => power(side / (side / period + step)))
      expect(power(period) / (beside.reduce((a, b) => a + b) / beside.length)).toBeCloseTo(1, 0)
    }
  })

  test('of each frame of a batch is another, as strong', () => {
    const frame = flat(128, 128, 0.5)
    const noises = [0, 1, 2].map((index) =>
      Array.from(withGrain(frame, everywhere(frame, 0.1), 1, index).data, (value) => value - 0.5),
    )
    const product = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0)
    for (const noise of noises) expect(product(noise, noise) / product(noises[0]!, noises[0]!)).toBeCloseTo(1, 1)
    for (const [i, j] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const)
      expect(Math.abs(product(noises[i]!, noises[j]!) / product(noises[0]!, noises[0]!))).toBeLessThan(0.05)
  })

  test('is the same at the same place of any picture', () => {
    const [small, large] = [flat(20, 10, 0.5), flat(50, 30, 0.5)].map((frame) =>
      withGrain(frame, everywhere(frame), 0.1),
    )
    for (let y = 0; y < 10; y++)
      expect(small!.data.slice(60 * y, 60 * (y + 1))).toEqual(large!.data.slice(150 * y, 150 * y + 60))
  })
})
