import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dragged, fitRectangle, HANDLES, type Rectangle, type RectangleBounds } from '../../client/panels/rectangle.ts'

const place = { min: 0, max: 16384, step: 1 }
const length = { min: 1, max: 16384, step: 1 }
const bounds: RectangleBounds = {
  picture: { width: 900, height: 600 },
  x: place,
  y: place,
  width: length,
  height: length,
}
const rectangle = { x: 100, y: 50, width: 300, height: 200 }
const text = ({ x, y, width, height }: Rectangle) => `${width} × ${height} at ${x}, ${y}`

describe('a rectangle that is dragged', () => {
  test.each([
    ['nw', '290 × 220 at 110, 30'],
    ['n', '300 × 220 at 100, 30'],
    ['ne', '310 × 220 at 100, 30'],
    ['e', '310 × 200 at 100, 50'],
    ['se', '310 × 180 at 100, 50'],
    ['s', '300 × 180 at 100, 50'],
    ['sw', '290 × 180 at 110, 50'],
    ['w', '290 × 200 at 110, 50'],
    [undefined, '300 × 200 at 110, 30'],
  ] as const)('by %s keeps what is opposite', (handle, expected) => {
    expect(text(dragged(rectangle, handle, [10.3, -20.4], bounds))).toBe(expected)
  })

  test('never leaves the picture, and never turns over', () => {
    expect(text(dragged(rectangle, undefined, [5000, 5000], bounds))).toBe('300 × 200 at 600, 400')
    expect(text(dragged(rectangle, undefined, [-5000, -5000], bounds))).toBe('300 × 200 at 0, 0')
    expect(text(dragged(rectangle, 'se', [5000, 5000], bounds))).toBe('800 × 550 at 100, 50')
    expect(text(dragged(rectangle, 'se', [-5000, -5000], bounds))).toBe('1 × 1 at 100, 50')
    expect(text(dragged(rectangle, 'nw', [5000, 5000], bounds))).toBe('1 × 1 at 399, 249')
    expect(text(dragged(rectangle, 'nw', [-5000, -5000], bounds))).toBe('400 × 250 at 0, 0')
  })

  test('is no larger and no smaller than its parameters, at either end', () => {
    const narrow = { ...bounds, width: { min: 64, max: 320, step: 1 } }
    expect(text(dragged(rectangle, 'w', [-80, 0], narrow))).toBe('320 × 200 at 80, 50')
    expect(text(dragged(rectangle, 'w', [400, 0], narrow))).toBe('64 × 200 at 336, 50')
    expect(text(dragged(rectangle, 'e', [80, 0], narrow))).toBe('320 × 200 at 100, 50')
    expect(text(dragged(rectangle, 'e', [-400, 0], narrow))).toBe('64 × 200 at 100, 50')
  })
})

describe('the values that a node has', () => {
  test('are shown as the part of the picture that they are', () => {
    const full = { x: 0, y: 0, width: 16384, height: 512 }
    expect(text(fitRectangle(full, bounds))).toBe('900 × 512 at 0, 0')
    expect(text(fitRectangle({ ...full, x: 5000, y: 5000 }, bounds))).toBe('1 × 1 at 899, 599')
  })

  test('are the least that the parameters allow where the picture is smaller than that', () => {
    const large = { ...bounds, width: { min: 1024, max: 4096, step: 8 } }
    expect(text(fitRectangle(rectangle, large))).toBe('1024 × 200 at 0, 50')
  })
})

test('whatever is dragged lies in the picture, on the steps of the parameters', () => {
  const range = (most: number) =>
    fc
      .record({ min: fc.integer({ min: 0, max: 8 }), step: fc.integer({ min: 1, max: 16 }) })
      .map(({ min, step }) => ({ min, max: most, step }))
  const side = fc.integer({ min: 40, max: 5000 })
  const value = fc.integer({ min: -100, max: 6000 })
  const by = fc.double({ min: -7000, max: 7000, noNaN: true })
  const wish = fc.record({ x: value, y: value, width: value, height: value })
  const parameters = fc.record({ x: range(9000), y: range(9000), width: range(700), height: range(9000) })
  fc.assert(
    fc.property(
      fc.record({ width: side, height: side }),
      parameters,
      wish,
      fc.constantFrom(undefined, ...HANDLES),
      fc.tuple(by, by),
      (picture, ranges, from, handle, way) => {
        const limits = { picture, ...ranges }
        const result = dragged(fitRectangle(from, limits), handle, way, limits)
        for (const name of ['x', 'y', 'width', 'height'] as const) {
          const { min, max, step } = ranges[name]
          expect(result[name]).toBeGreaterThanOrEqual(min)
          expect(result[name]).toBeLessThanOrEqual(max)
          expect((result[name] - min) % step).toBe(0)
        }
        expect(Math.min(result.width, result.height)).toBeGreaterThan(0)
        expect(result.x + result.width).toBeLessThanOrEqual(picture.width)
        expect(result.y + result.height).toBeLessThanOrEqual(picture.height)
      },
    ),
  )
})
