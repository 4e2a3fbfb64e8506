import { describe, expect, test } from 'vitest'
import { grainStrengthRows } from '../../../nodes/pixels/grain-strength.ts'
import type { Frame } from '../../../nodes/sdk/values.ts'
import { flat, grey, uneven } from '../sdk/frames.ts'

const LEAST = Math.fround(0.7 / 255)

describe('the strength of grain', () => {
  test('is what training has, in whole blocks and in those that the border cuts', () => {
    // models/training/grain.py: 255 * strength(l) of the same picture.
    expectLevels(strength(uneven(45, 37)), [0, 0, 1.05009], [20, 20, 4.16236], [31, 17, 5.9791], [36, 44, 9.97309])
  })

  test('is less where the picture is out of focus, as in training', () => {
    // The same of a picture of which blocks are in focus, out of it and between.
    const found = strength(grey(61, 53, (x, y) => 0.5 + 0.2 * Math.sin(x / 4) * Math.cos(y / 5)))
    expectLevels(found, [0, 0, 5.3981], [20, 20, 2.87511], [31, 17, 3.58817], [52, 44, 2.99655])
  })

  test('is by what is missing around, as in training, in pictures that have more than that', () => {
    const found = strength(grey(400, 300, (x, y) => 0.5 + 0.001 * x * Math.sin(x / 3) * Math.cos(y / 3)))
    expectLevels(found, [4, 20, 1.3571], [150, 200, 6.94382], [150, 320, 7.549], [299, 399, 8.26071])
  })

  test('is the least where the luma does not bend, and where all changes as fast as it can', () => {
    const ramp = grey(64, 64, (x) => 0.2 + (3 * x) / 255)
    for (const frame of [ramp, flat(30, 20, 0.5), flat(1, 1, 0.3), grey(30, 20, (x, y) => (x + y) % 2)])
      expect(new Set(strength(frame).flat())).toEqual(new Set([LEAST]))
  })

  test('at a lone edge is that of its sides', () => {
    const found = strength(grey(64, 64, (x) => Math.min(0.8, Math.max(0.2, (x - 30) / 4))))
    expect(new Set(found.flat())).toEqual(new Set([LEAST]))
  })
})

function expectLevels(found: number[][], ...places: readonly (readonly [y: number, x: number, level: number])[]): void {
  for (const [y, x, level] of places) expect(255 * found[y]![x]!).toBeCloseTo(level, 4)
}

function strength(frame: Frame): number[][] {
  return Array.from(grainStrengthRows(frame), (row) => Array.from(row))
}
