import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { gmacOf } from './model-card.ts'

const card = await readFile(join(import.meta.dirname, '../../docs/model-card.md'), 'utf8')

test('what a restoration costs is read from the model card, whose parts add up to it', () => {
  const parts = Array.from(card.matchAll(/^\| (?:VAE|UNet) [^|]*\|[^|]*\| ([\d.]+) \|/gm), ([, gmac]) => Number(gmac))
  expect(parts).toHaveLength(3)
  expect(gmacOf(card)).toBeCloseTo(
    parts.reduce((sum, gmac) => sum + gmac, 0),
    0,
  )
})

test('a card without the row is complained of', () => {
  expect(() => gmacOf(card.replace('| sum |', '| all |'))).toThrow(/'\| sum \|/)
})
