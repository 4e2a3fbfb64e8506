import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nodeReference, routeReference } from '../docs/generate.ts'

test.each([
  ['nodes.md', nodeReference],
  ['routes.md', routeReference],
])('docs/%s is what the sources say (renew it with npm run docs)', async (file, reference) => {
  const written = await readFile(join(import.meta.dirname, '../docs', file), 'utf8')
  expect(written).toBe(reference())
})

test('docs/importer.md names no file that is not there', async () => {
  const text = await readFile(join(import.meta.dirname, '../docs/importer.md'), 'utf8')
  const folder = join(import.meta.dirname, '../models/import')
  const named = Array.from(text.matchAll(/`((?:upscale\/|pickle\/)?[\w-]+\.ts)`/g), ([, file]) => file!)
  expect(named.length).toBeGreaterThan(5)
  // The one that a reader is to write.
  expect(named.filter((file) => !existsSync(join(folder, file)))).toEqual(['upscale/swinir.ts'])
})
