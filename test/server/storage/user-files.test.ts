import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { UserFiles } from '../../../server/storage/user-files.ts'

/** What others do to a file between a look at it and an act. */

type Name = 'stat' | 'readFile' | 'rm' | 'link' | 'rename'
const { races } = vi.hoisted(() => ({
  races: [] as { readonly name: string; readonly file: string; readonly act: () => Promise<unknown> }[],
}))
vi.mock('node:fs/promises', async (original) => {
  const actual = await original<typeof fs>()
  const racing =
    (name: Name) =>
    async (path: string, ...rest: unknown[]) => {
      const index = races.findIndex((race) => race.name === name && path.endsWith(race.file))
      if (index >= 0) await races.splice(index, 1)[0]!.act()
      return (actual[name] as (...args: unknown[]) => Promise<unknown>)(path, ...rest)
    }
  const names: readonly Name[] = ['stat', 'readFile', 'rm', 'link', 'rename']
  return { ...actual, ...Object.fromEntries(names.map((name) => [name, racing(name)])) }
})

/** Has somebody else act right before something is done to a file. */
function before(name: Name, file: string, act: () => Promise<unknown>): void {
  races.push({ name, file, act })
}

let root: string
let files: UserFiles
beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'user-files-'))
  files = await UserFiles.open(join(root, 'user'), join(root, 'drafts'))
  for (const name of ['a.json', 'b.json', 'c.json']) await files.write(`workflows/${name}`, Buffer.from(name), false)
})
afterEach(async () => {
  expect(races).toEqual([])
  await fs.rm(root, { recursive: true })
})

const place = (name: string) => join(root, 'user', 'workflows', name)
const without = (name: string) => () => fs.unlink(place(name))

test('what is deleted while a folder is listed is not in the list', async () => {
  before('stat', 'b.json', without('b.json'))
  expect((await files.list('workflows', true)).map(({ path }) => path)).toEqual(['a.json', 'c.json'])
  before('stat', 'c.json', without('c.json'))
  expect((await files.entries('workflows')).map(({ name }) => name)).toEqual(['a.json'])
})

test('what is deleted before it is read, deleted or moved is said not to be there', async () => {
  before('readFile', 'a.json', without('a.json'))
  await expect(files.read('workflows/a.json')).rejects.toMatchObject({ code: 'file_not_found' })
  before('rm', 'b.json', without('b.json'))
  await expect(files.remove('workflows/b.json')).rejects.toMatchObject({ code: 'file_not_found' })
  before('link', 'c.json', without('c.json'))
  await expect(files.move('workflows/c.json', 'workflows/d.json', false)).rejects.toMatchObject({
    code: 'file_not_found',
  })
  await files.write('workflows/e.json', Buffer.from('e'), false)
  before('rename', 'e.json', without('e.json'))
  await expect(files.move('workflows/e.json', 'workflows/f.json', true)).rejects.toMatchObject({
    code: 'file_not_found',
  })
})

test('a file is not moved over one that is written in between', async () => {
  before('link', 'a.json', () => fs.writeFile(place('new.json'), 'another'))
  expect(await files.move('workflows/a.json', 'workflows/new.json', false)).toBeUndefined()
  expect(await fs.readFile(place('new.json'), 'utf8')).toBe('another')
  expect(await fs.readFile(place('a.json'), 'utf8')).toBe('a.json')
})

test('a file is moved where links are not possible', async () => {
  before('link', 'a.json', () => Promise.reject(Object.assign(new Error('no links'), { code: 'EPERM' })))
  expect(await files.move('workflows/a.json', 'workflows/new.json', false)).toMatchObject({
    path: 'workflows/new.json',
  })
  before('link', 'b.json', () => Promise.reject(Object.assign(new Error('no links'), { code: 'EPERM' })))
  expect(await files.move('workflows/b.json', 'workflows/new.json', false)).toBeUndefined()
  expect((await fs.readdir(join(root, 'user', 'workflows'))).sort()).toEqual(['b.json', 'c.json', 'new.json'])
})
