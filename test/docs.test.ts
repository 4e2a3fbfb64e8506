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
