import { expect, test } from 'vitest'
import { drawPictures } from '../../client/canvas/picture-place.ts'
import type { Scene } from '../../client/canvas/scene.ts'

/** What is written where a picture should be, line by line. */
function written(place: { width: number; height: number }): { text: string; y: number }[] {
  const lines: { text: string; y: number }[] = []
  const ctx = {
    beginPath: () => {},
    roundRect: () => {},
    fill: () => {},
    measureText: (text: string) => ({ width: text.length * 6 }),
    fillText: (text: string, _x: number, y: number) => lines.push({ text, y }),
  } as unknown as CanvasRenderingContext2D
  const scene = { pictures: { get: () => 'unreadable' } } as unknown as Scene
  drawPictures(ctx, scene, { x: 0, y: 0, ...place }, { pictures: ['broken.jpg'] }, [], undefined)
  return lines
}

test('why there is no picture is said whole, in the middle of its place', () => {
  const lines = written({ width: 160, height: 100 })
  expect(lines.map(({ text }) => text).join(' ')).toBe('This file cannot be read as a picture')
  expect(lines.length).toBeGreaterThan(1)
  const middle = (lines[0]!.y + lines.at(-1)!.y) / 2
  expect(middle).toBeCloseTo(54)
})

test('a place of one line says what it can', () => {
  expect(written({ width: 160, height: 20 })).toHaveLength(1)
})
