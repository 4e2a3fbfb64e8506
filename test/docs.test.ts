import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nodeReference } from '../docs/generate.ts'

test('docs/nodes.md is what the node definitions say (renew it with npm run docs)', async () => {
  const written = await readFile(join(import.meta.dirname, '../docs/nodes.md'), 'utf8')
  expect(written).toBe(nodeReference())
})
