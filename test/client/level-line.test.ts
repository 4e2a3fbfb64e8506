import fc from 'fast-check'
import { expect, test } from 'vitest'
import { levelled } from '../../client/panels/level-line.ts'

const line = (degrees: number, length = 100) => {
  const radians = (degrees * Math.PI) / 180
  return [Math.cos(radians) * length, Math.sin(radians) * length] as const
}

test.each([
  ['falls to the right', 4, -4],
  ['rises to the right', -4, 4],
  ['was drawn from right to left', 176, 4],
  ['is nearly upright', 87, 3],
  ['was drawn from the bottom to the top', -93, 3],
  ['is level', 0, 0],
] as const)('a line that %s is levelled by the smaller turn', (_, slope, expected) => {
  expect(levelled(0, [0, 0], line(slope))).toBeCloseTo(expected, 9)
})

test('what is drawn on a picture that is turned already adds to that', () => {
  expect(levelled(10, [0, 0], line(4))).toBeCloseTo(6, 9)
  expect(levelled(178, [0, 0], line(-4))).toBeCloseTo(-178, 9)
})

test('a press turns nothing', () => {
  expect(levelled(12.5, [7, 7], [7, 7])).toBe(12.5)
})

test('turned by the difference, a line is level or upright', () => {
  const angle = fc.double({ min: -180, max: 180, noNaN: true })
  fc.assert(
    fc.property(angle, angle, (turned, slope) => {
      const result = levelled(turned, [0, 0], line(slope))
      expect(Math.abs(result)).toBeLessThan(180 + 1e-9)
      const [x, y] = line(slope + result - turned, 1)
      expect(Math.min(Math.abs(x), Math.abs(y))).toBeCloseTo(0, 6)
    }),
  )
})
