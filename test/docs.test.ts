import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { nodeReference, routeReference } from '../docs/generate.ts'

const root = join(import.meta.dirname, '..')

test.each([
  ['nodes.md', nodeReference],
  ['routes.md', routeReference],
])('docs/%s is what the sources say (renew it with npm run docs)', async (file, reference) => {
  const written = await readFile(join(root, 'docs', file), 'utf8')
  expect(written).toBe(reference())
})

test('docs/importer.md names no file that is not there', async () => {
  const text = await readFile(join(root, 'docs/importer.md'), 'utf8')
  const folder = join(root, 'models/import')
  const named = Array.from(text.matchAll(/`((?:upscale\/|pickle\/)?[\w-]+\.ts)`/g), ([, file]) => file!)
  expect(named.length).toBeGreaterThan(5)
  // The one that a reader is to write.
  expect(named.filter((file) => !existsSync(join(folder, file)))).toEqual(['upscale/swinir.ts'])
})

test.each([
  'README.md',
  'models/training/README.md',
  'models/training/NOTES.md',
  ...readdirSync(join(root, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
])('every link in %s leads to something that is there', async (file) => {
  const text = await readFile(join(root, file), 'utf8')
  const links = Array.from(text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)/g), ([, path, heading]) => ({
    path: path === '' ? join(root, file) : join(root, dirname(file), path!),
    heading,
  }))
  const broken = links.filter(({ path, heading }) => {
    if (!existsSync(path)) return true
    return heading !== undefined && !headingsOf(readFileSync(path, 'utf8')).includes(heading)
  })
  expect(broken).toEqual([])
})

/** As GitHub names them in addresses. */
function headingsOf(markdown: string): string[] {
  return Array.from(markdown.matchAll(/^#+ (.*)$/gm), ([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}
