import { describe, expect, test } from 'vitest'
import { grainField, withGrain } from '../../../nodes/sdk/grain.ts'
import type { Frame } from '../../../nodes/sdk/values.ts'

describe('grain', () => {
  test('is the noise that models are trained with', () => {
    // models/training/grain.py: field()[0, :4], [200, 100:103], [255, 255], and grain(y, 2, top=200, left=100).
    const field = grainField()
    const places = [0, 1, 2, 3, 200 * 256 + 100, 200 * 256 + 101, 200 * 256 + 102, 255 * 256 + 255]
    const expected = [-1.35511, -1.223845, -0.918683, -0.384932, 0.416018, -0.427507, -0.42156, -1.062302]
    for (const [i, place] of places.entries()) expect(field[place]).toBeCloseTo(expected[i]!, 4)
    const grainy = withGrain(flat(102, 201, [0.5, 0.25, 0.25]), 2)
    const expectedPixels = [0.503056, 0.253056, 0.253056, 0.49686, 0.24686, 0.24686]
    for (const [i, value] of expectedPixels.entries()) {
      expect(grainy.data[3 * (200 * 102 + 100) + i]).toBeCloseTo(value, 5)
    }
  })

  test('has the deviation that was asked for in middle grey, and none in black and white', () => {
    const changes = Array.from(withGrain(flat(256, 256, [0.5, 0.5, 0.5]), 1.5).data, (value) => 255 * (value - 0.5))
    expect(Math.sqrt(changes.reduce((sum, value) => sum + value ** 2, 0) / changes.length)).toBeCloseTo(1.5, 3)
    for (const level of [-0.1, 0, 1, 1.2]) {
      const frame = flat(9, 5, [level, level, level])
      expect(withGrain(frame, 3).data).toEqual(frame.data)
    }
  })

  test('leaves a picture alone where none is wanted', () => {
    const frame = flat(4, 4, [0.5, 0.5, 0.5])
    expect(withGrain(frame, 0)).toBe(frame)
  })

  test('goes on where its square ends', () => {
    const { data } = withGrain(flat(300, 1, [0.5, 0.5, 0.5]), 2)
    expect(data.slice(3 * 256, 3 * 300)).toEqual(data.slice(0, 3 * 44))
  })
})

function flat(width: number, height: number, colour: readonly [number, number, number]): Frame {
  const data = Float32Array.from({ length: 3 * width * height }, (_, i) => colour[i % 3]!)
  return { width, height, channels: 3, data }
}
