import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { writeNew, writeResults } from '../../../server/cli/write-results.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gendr-results-'))
})
afterEach(() => rm(folder, { recursive: true }))

const picture = Buffer.from('a picture')
const results = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    target: join(folder, `${'s'.repeat(240)}-${i + 1}.webp`),
    bytes: picture,
  }))

test('a new picture replaces none, whoever writes it', async () => {
  const target = join(folder, 'a.png')
  const written = await Promise.all(Array.from({ length: 8 }, (_, i) => writeNew(target, Buffer.from(`${i}`))))
  expect(written.filter((isNew) => isNew)).toHaveLength(1)
  expect(await readFile(target, 'utf8')).toBe(String(written.indexOf(true)))
  expect(await readdir(folder)).toEqual(['a.png'])
})

describe('the results of a file of several pictures', () => {
  test('appear, in a folder that is made for them', async () => {
    const [only] = results(1)
    await writeResults([{ ...only!, target: join(folder, 'new/a.webp') }])
    expect(await readdir(folder, { recursive: true })).toEqual(['new', 'new/a.webp'])
  })

  test('are refused where their folder is a file', async () => {
    await writeFile(join(folder, 'file'), '')
    const [only] = results(1)
    await expect(writeResults([{ ...only!, target: join(folder, 'file/a.webp') }])).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('file/a.webp cannot be written'),
    })
  })

  test('appear all of them or none', async () => {
    const unwritten = { target: join(folder, 'c.webp'), bytes: undefined as never }
    await expect(writeResults([...results(2), unwritten])).rejects.toThrow()
    expect(await readdir(folder)).toEqual([])
  })

  test('have their first one last', async () => {
    const [first, second] = results(2)
    await mkdir(first!.target)
    await expect(writeResults([first!, second!])).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining(first!.target),
    })
    expect((await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile()).length).toBe(1)
  })
})
