import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { atOnce, besideUs } from '../../../server/storage/file-system.ts'
import { Storage } from '../../../server/storage/storage.ts'

let base: string
const at = (name: string) => join(base, name)
/** Smaller and larger than what is done at once. */
const sizes = [0, 1000, 1 << 20]
const bytes = (size: number) => Uint8Array.from({ length: size }, (_, i) => i * 31)

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'file-system-'))
})
afterEach(() => rm(base, { recursive: true, force: true }))

describe.each([
  ['beside us', besideUs],
  ['at once', atOnce],
])('files %s', (_name, files) => {
  test.each(sizes)('of %i bytes are written once and read as they are', async (size) => {
    await files.writeNew(at('a'), bytes(size))
    expect((await files.readFile(at('a'))).equals(bytes(size))).toBe(true)
    await expect(files.writeNew(at('a'), bytes(size))).rejects.toMatchObject({ code: 'EEXIST' })
    await expect(files.writeNew(at('no/a'), bytes(size))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('get a second name, which must be free', async () => {
    await writeFile(at('a'), 'a')
    await files.link(at('a'), at('b'))
    expect((await files.stat(at('b'))).ino).toBe((await stat(at('a'))).ino)
    await expect(files.link(at('a'), at('b'))).rejects.toMatchObject({ code: 'EEXIST' })
  })

  test('are looked up through links and as links', async () => {
    await mkdir(at('folder'))
    await writeFile(at('folder/a'), 'abc')
    await symlink(at('folder'), at('link'))
    await symlink(at('nowhere'), at('dangling'))
    expect(await files.realpath(at('link/a'))).toBe(await files.realpath(at('folder/a')))
    expect((await files.stat(at('link/a'))).size).toBe(3)
    expect((await files.lstat(at('dangling'))).isSymbolicLink()).toBe(true)
    for (const ask of [files.realpath, files.stat, files.readFile]) {
      await expect(ask(at('dangling'))).rejects.toMatchObject({ code: 'ENOENT' })
    }
  })

  test('stay inside their folder', async () => {
    const roots = { inputRoot: at('in'), outputRoot: at('out'), tempRoot: at('temp'), receiptsRoot: at('receipts') }
    const storage = await Storage.open(roots, files)
    await writeFile(at('secret.png'), 'secret')
    await symlink(at('secret.png'), at('in/link.png'))
    await symlink(base, at('out/up'))
    for (const name of ['../secret.png', 'link.png', '/etc/passwd']) {
      await expect(storage.read(name)).rejects.toMatchObject({ code: 'path_outside' })
    }
    const claim = { run: 'a', node: '1', index: 0 }
    await expect(storage.deliver(claim, 'output', 'up/x', 'png', bytes(3))).rejects.toMatchObject({
      code: 'path_outside',
    })
    expect(await storage.deliver(claim, 'output', 'new/x', 'png', bytes(3))).toMatchObject({ filename: 'x_00001_.png' })
    expect((await readFile(at('out/new/x_00001_.png'))).equals(bytes(3))).toBe(true)
  })
})
