import { describe, expect, test } from 'vitest'
import { withGrain } from '../../../nodes/pixels/grain.ts'
import { flat, uneven } from '../sdk/frames.ts'

/** Of flat colours, in units of white. */
const LEAST = 0.7 / 255

describe('grain', () => {
  test('is what training and its figures have', () => {
    // models/training/grain.py: grain(y, 2.0) of the same picture.
    const { width, data } = withGrain(uneven(45, 37), 2)
    const expected = [
      [0, 0, [0.471751, 0.371751, 0.421751]],
      [3, 5, [0.499056, 0.398538, 0.448797]],
      [20, 20, [0.542754, 0.44679, 0.494772]],
      [31, 17, [0.497351, 0.402065, 0.449708]],
      [36, 44, [0.426373, 0.326492, 0.376433]],
    ] as const
    for (const [y, x, colour] of expected)
      for (const [i, value] of colour.entries()) expect(data[3 * (y * width + x) + i]).toBeCloseTo(value, 5)
  })

  test('has the deviation that was asked for in middle grey, and none in black and white', () => {
    const changes = Array.from(withGrain(flat(256, 256, 0.5), 3).data, (value) => (value - 0.5) / LEAST)
    expect(Math.sqrt(changes.reduce((sum, value) => sum + value ** 2, 0) / changes.length)).toBeCloseTo(3, 1)
    for (const level of [-0.1, 0, 1, 1.2]) {
      const frame = flat(9, 5, level)
      expect(withGrain(frame, 3).data).toEqual(frame.data)
    }
  })

  test('leaves a picture alone where none is wanted', () => {
    const frame = flat(4, 4, 0.5)
    expect(withGrain(frame, 0)).toBe(frame)
  })

  test('has no lines in its spectrum, at 8 and 64 pixels or anywhere', () => {
    const side = 1024
    const { data } = withGrain(flat(side, side, 0.5), 2)
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
    const noises = [0, 1, 2].map((index) =>
      Array.from(withGrain(flat(128, 128, 0.5), 3, index).data, (value) => value - 0.5),
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
    const [small, large] = [flat(20, 10, 0.5), flat(50, 30, 0.5)].map((frame) => withGrain(frame, 2))
    for (let y = 0; y < 10; y++)
      expect(small!.data.slice(60 * y, 60 * (y + 1))).toEqual(large!.data.slice(150 * y, 150 * y + 60))
  })
})
