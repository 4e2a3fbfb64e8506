import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDatabase } from '../../../server/database/database.ts'
import { FileIndex } from '../../../server/storage/file-index.ts'
import { KeptFiles } from '../../../server/storage/kept-files.ts'
import { Storage } from '../../../server/storage/storage.ts'

let folder: string
let index: FileIndex
let kept: KeptFiles
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gendr-kept-'))
  index = new FileIndex(openDatabase(':memory:'))
  await open()
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

/** As a host does that starts: nothing is known but what the folders and the index have. */
async function open(): Promise<void> {
  const [inputRoot, outputRoot, tempRoot, receiptsRoot] = ['input', 'output', 'temp', 'receipts'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string]
  kept = new KeptFiles(await Storage.open({ inputRoot, outputRoot, tempRoot, receiptsRoot }), index)
}

const keep = async (filename: string, text: string, subfolder = '', overwrite = false) =>
  (await kept.save({ type: 'input', subfolder, filename, bytes: Buffer.from(text), overwrite })).filename
const input = async () => (await readdir(join(folder, 'input'))).sort()

test('what was sent before under a name has its number again, also from a host that was started since', async () => {
  for (const text of ['one', 'two', 'six', 'ten']) await keep('image.jpg', text)
  const all = ['image (1).jpg', 'image (2).jpg', 'image (3).jpg', 'image.jpg']
  expect(await input()).toEqual(all)
  expect(await keep('image.jpg', 'six')).toBe('image (2).jpg')
  await open()
  expect(await keep('image.jpg', 'two')).toBe('image (1).jpg')
  expect(await keep('image.jpg', 'one')).toBe('image.jpg')
  expect(await input()).toEqual(all)
  expect(await keep('image.jpg', 'new')).toBe('image (4).jpg')
})

test('under another name, or in another folder, it is kept besides', async () => {
  for (const text of ['one', 'two']) await keep('image.jpg', text)
  expect(await keep('photo.jpg', 'two')).toBe('photo.jpg')
  expect(await keep('image.jpg', 'two', 'sub')).toBe('image.jpg')
  expect(await keep('image.jpg', 'one', 'sub')).toBe('image (1).jpg')
  expect(await keep('image.jpg', 'one', 'sub')).toBe('image (1).jpg')
})

test('what somebody has changed or deleted meanwhile does not count', async () => {
  for (const text of ['one', 'two', 'six']) await keep('image.jpg', text)
  await writeFile(join(folder, 'input', 'image (1).jpg'), 'other')
  await rm(join(folder, 'input', 'image (2).jpg'))
  expect(await keep('image.jpg', 'two')).toBe('image (3).jpg')
  expect(await keep('image.jpg', 'six')).toBe('image (4).jpg')
})

test('what may be overwritten is, wherever else its content is', async () => {
  for (const text of ['one', 'two']) await keep('image.jpg', text)
  expect(await keep('image.jpg', 'two', '', true)).toBe('image.jpg')
  expect(await keep('image.jpg', 'one')).toBe('image (2).jpg')
})

test('a file that goes while it is looked at is not there', async () => {
  const sha256 = '0'.repeat(64)
  const file = { type: 'input', subfolder: '', filename: 'gone.jpg', sha256, size: 3 } as const
  index.put(file)
  const files = {
    path: async () => join(folder, 'gone.jpg'),
    renew: async () => undefined,
    save: () => Promise.reject(new Error('nothing is saved')),
  }
  expect(await new KeptFiles(files, index).find(sha256)).toBeUndefined()
  expect(index.of(file)).toBeUndefined()
})

test('what was sent anew while the old content was looked for stays known', async () => {
  const old = { type: 'input', subfolder: '', filename: 'image.jpg', sha256: '0'.repeat(64), size: 3 } as const
  index.put(old)
  let sent: object | undefined
  const files = {
    path: async () => {
      await keep('image.jpg', 'new')
      sent = index.of(old)
      return join(folder, 'input/image.jpg')
    },
    renew: async () => undefined,
    save: () => Promise.reject(new Error('nothing is saved')),
  }
  expect(await new KeptFiles(files, index).find(old.sha256)).toBeUndefined()
  expect(index.of(old)).toEqual(sent)
})

test('what is here under another name only is kept under the one that is asked for, once', async () => {
  const { sha256 } = await kept.save({
    type: 'output',
    subfolder: '',
    filename: 'grandfather.jpg',
    bytes: Buffer.from('one'),
    overwrite: false,
  })
  const called = async (name: string) => (await kept.called(name, sha256))?.filename
  expect(await called('garden.jpg')).toBe('garden.jpg')
  await keep('garden.jpg', 'two')
  expect(await called('garden.jpg')).toBe('garden.jpg')
  await keep('street.jpg', 'two')
  expect(await called('street.jpg')).toBe('street (1).jpg')
  expect(await called('street.jpg')).toBe('street (1).jpg')
  expect(await kept.called('garden.jpg', '0'.repeat(64))).toBeUndefined()
  expect(await input()).toEqual(['garden (1).jpg', 'garden.jpg', 'street (1).jpg', 'street.jpg'])
})
