import { describe, expect, test } from 'vitest'
import { withGrain } from '../../../nodes/sdk/grain.ts'
import type { Frame } from '../../../nodes/sdk/values.ts'

describe('grain', () => {
  test('is what training and its figures have', () => {
    // models/training/grain.py: grain(y, 2.0) at rows 0 and 200, from columns 0 and 100 on.
    const grey = withGrain(flat(4, 1, [0.5, 0.5, 0.5]), 2).data
    for (const [x, noise] of [-3.196256, -1.304404, 0.483683, -0.541524].entries()) {
      expect(grey[3 * x]).toBeCloseTo(0.5 + (2 / 255) * noise, 5)
    }
    const coloured = withGrain(flat(102, 201, [0.5, 0.25, 0.25]), 2).data
    const pixels = [0.497298, 0.247298, 0.247298, 0.489161, 0.239161, 0.239161]
    for (const [i, value] of pixels.entries()) expect(coloured[3 * (200 * 102 + 100) + i]).toBeCloseTo(value, 5)
  })

  test('has the deviation that was asked for in middle grey, and none in black and white', () => {
    const changes = Array.from(withGrain(flat(256, 256, [0.5, 0.5, 0.5]), 1.5).data, (value) => 255 * (value - 0.5))
    expect(Math.sqrt(changes.reduce((sum, value) => sum + value ** 2, 0) / changes.length)).toBeCloseTo(1.5, 1)
    for (const level of [-0.1, 0, 1, 1.2]) {
      const frame = flat(9, 5, [level, level, level])
      expect(withGrain(frame, 3).data).toEqual(frame.data)
    }
  })

  test('leaves a picture alone where none is wanted', () => {
    const frame = flat(4, 4, [0.5, 0.5, 0.5])
    expect(withGrain(frame, 0)).toBe(frame)
  })

  test('has no lines in its spectrum, at 8 and 64 pixels or anywhere', () => {
    const side = 1024
    const { data } = withGrain(flat(side, side, [0.5, 0.5, 0.5]), 1)
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

  test('is the same at the same place of any picture', () => {
    const [small, large] = [flat(20, 10, [0.5, 0.5, 0.5]), flat(50, 30, [0.5, 0.5, 0.5])].map((f) => withGrain(f, 2))
    for (let y = 0; y < 10; y++)
      expect(small!.data.slice(60 * y, 60 * (y + 1))).toEqual(large!.data.slice(150 * y, 150 * y + 60))
  })
})

function flat(width: number, height: number, colour: readonly [number, number, number]): Frame {
  const data = Float32Array.from({ length: 3 * width * height }, (_, i) => colour[i % 3]!)
  return { width, height, channels: 3, data }
}
