import { describe, expect, test } from 'vitest'
import { missingDetailRows } from '../../../nodes/pixels/missing-detail.ts'
import type { Frame } from '../../../nodes/sdk/values.ts'
import { flat, grey, uneven } from '../sdk/frames.ts'

const [LEAST, MOST] = [Math.fround(0.5 / 255), Math.fround(16 / 255)]

describe('missing detail', () => {
  test('is what training has, in whole blocks and in those that the border cuts', () => {
    // models/training/grain.py: 255 * missing(l) of the same picture.
    expectLevels(missing(uneven(45, 37)), [0, 0, 0.88348], [20, 20, 3.50196], [31, 17, 5.03045], [36, 44, 8.39075])
  })

  test('is less where the picture is out of focus, as in training', () => {
    // The same of a picture of which blocks are in focus, out of it and between.
    const found = missing(grey(61, 53, (x, y) => 0.5 + 0.2 * Math.sin(x / 4) * Math.cos(y / 5)))
    expectLevels(found, [0, 0, 12.52549], [20, 20, 6.22794], [31, 17, 7.85243], [52, 44, 7.4732])
  })

  test('is a fifth of 2.2 times the slope where the luma bends nowhere, and sixteen levels at most', () => {
    const slope = 3 / 255
    const found = missing(grey(64, 64, (x) => 0.2 + slope * x))
    expect(found[32]![32]).toBeCloseTo((2.2 / 5) * slope, 5)
    expect(missing(grey(60, 60, (x, y) => 0.5 + 0.4 * Math.sin(x / 3) * Math.cos(y / 3)))[30]![30]).toBe(MOST)
  })

  test('is the least where nothing changes, and where all changes as fast as it can', () => {
    for (const frame of [flat(30, 20, 0.5), flat(1, 1, 0.3), grey(30, 20, (x, y) => (x + y) % 2)])
      expect(new Set(missing(frame).flat())).toEqual(new Set([LEAST]))
  })

  test('of a lone edge is that of its sides', () => {
    const found = missing(grey(64, 64, (x) => Math.min(0.8, Math.max(0.2, (x - 30) / 4))))
    expect(new Set(found.flat())).toEqual(new Set([LEAST]))
  })
})

function expectLevels(found: number[][], ...places: readonly (readonly [y: number, x: number, level: number])[]): void {
  for (const [y, x, level] of places) expect(255 * found[y]![x]!).toBeCloseTo(level, 4)
}

function missing(frame: Frame): number[][] {
  return Array.from(missingDetailRows(frame), (row) => Array.from(row))
}
