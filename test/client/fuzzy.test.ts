import { expect, test } from 'vitest'
import { fuzzyScore } from '../../client/panels/fuzzy.ts'

const titles = [
  'Upscale Image By',
  'Upscale Image',
  'Load Image',
  'Invert Image',
  'Save Image',
  'GenDR Restore',
  'Split into Tiles',
]
const best = (typed: string) =>
  titles
    .map((title) => ({ title, score: fuzzyScore(typed, title) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ title }) => title)

test.each([
  ['upimby', 'Upscale Image By'],
  ['inv', 'Invert Image'],
  ['image load', 'Load Image'],
  ['gdr', 'GenDR Restore'],
  ['tiles', 'Split into Tiles'],
])('‘%s’ finds %s first', (typed, title) => {
  expect(best(typed)[0]).toBe(title)
})

test('letters that are not there, or strewn about, find nothing', () => {
  expect(best('xyz')).toEqual([])
  expect(fuzzyScore('lt', 'Save Image')).toBe(0)
  expect(fuzzyScore('', 'Save Image')).toBeGreaterThan(0)
})
