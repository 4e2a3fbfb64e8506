import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { besideUs } from '../../../server/storage/file-system.ts'
import { Storage } from '../../../server/storage/storage.ts'

const root = resolve(import.meta.dirname, '../../..')
let base: string
let storage: Storage
const bytes = (text: string) => new TextEncoder().encode(text)
const inBase = (name: string) => join(base, name)

const roots = () => ({
  inputRoot: inBase('input'),
  outputRoot: inBase('output'),
  tempRoot: inBase('temp'),
  receiptsRoot: inBase('receipts'),
})

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'storage-'))
  storage = await Storage.open(roots())
  await writeFile(inBase('secret.png'), 'secret')
})

afterEach(() => rm(base, { recursive: true, force: true }))

/** Runs lines of a module in a process of its own, whose files may have so many blocks of 512 bytes; what they print. */
async function withSmallFiles(blocks: number, lines: string): Promise<string> {
  const script = `import { createFile, replaceFile } from '${join(root, 'server/storage/write-file.ts')}'; ${lines}`
  const limited = `ulimit -f ${blocks}; exec "$0" --import tsx --input-type=module -e "$1"`
  const { stdout } = await promisify(execFile)('sh', ['-c', limited, process.execPath, script], { cwd: root })
  return stdout.trim()
}

test.skipIf(process.platform === 'win32')('what there is no room for leaves nothing behind', async () => {
  const file = JSON.stringify(inBase('output/a.png'))
  const said = await withSmallFiles(
    100,
    `const bytes = new Uint8Array(1 << 20)
     for (const write of [createFile, replaceFile]) for (const drafts of [undefined, ${JSON.stringify(inBase('drafts'))}])
       await write(${file}, bytes, drafts).catch(({ code }) => console.log(code))`,
  )
  expect(said.split('\n')).toEqual(['EFBIG', 'EFBIG', 'EFBIG', 'EFBIG'])
  expect([...(await readdir(inBase('output'))), ...(await readdir(inBase('drafts')))]).toEqual([])
})

describe('names from outside', () => {
  const hostile = [
    ...['../secret.png', 'a/../../secret.png', '/etc/passwd', 'a\0.png', '..'],
    ...['..\\secret.png', 'a\\..\\..\\secret.png', '\\etc\\passwd', '\\\\server\\share\\a.png', 'C:\\secret.png'],
  ]

  test.each(hostile)('%j is refused for reading, writing and uploading, without a path of the host', async (name) => {
    const attempts = [
      storage.read(name),
      storage.read(`${name} [output]`),
      storage.path({ filename: name, subfolder: '', type: 'input' }),
      storage.path({ filename: 'x.png', subfolder: name, type: 'input' }),
      storage.write('output', name, 'png', bytes('x')),
      storage.save({ type: 'input', subfolder: '', filename: name, bytes: bytes('x'), overwrite: true }),
      storage.save({ type: 'input', subfolder: name, filename: 'x.png', bytes: bytes('x'), overwrite: false }),
    ]
    for (const attempt of attempts) {
      const error: unknown = await attempt.then(
        () => 'accepted',
        (reason) => reason,
      )
      expect(error).toMatchObject({ code: 'path_outside', message: expect.not.stringContaining(base) })
    }
  })

  test('a symbolic link that leads out is refused, one that stays inside is followed', async () => {
    await symlink(inBase('secret.png'), inBase('input/out.png'))
    await symlink(base, inBase('input/up'))
    await symlink(inBase('nowhere'), inBase('output/dangling'))
    await writeFile(inBase('input/a.png'), 'a')
    await symlink('a.png', inBase('input/alias.png'))

    await expect(storage.read('out.png')).rejects.toMatchObject({ code: 'path_outside' })
    await expect(storage.read('up/secret.png')).rejects.toMatchObject({ code: 'path_outside' })
    await expect(storage.write('output', 'dangling/x', 'png', bytes('x'))).rejects.toMatchObject({
      code: 'path_outside',
    })
    expect(Buffer.from(await storage.read('alias.png')).toString()).toBe('a')
  })

  test('may have the backslashes of Windows between their folders', async () => {
    const written = await storage.write('output', '2024\\scan', 'png', bytes('x'))
    expect(written).toEqual({ filename: 'scan_00001_.png', subfolder: '2024', type: 'output' })
    expect((await storage.write('output', '2024/scan', 'png', bytes('x'))).filename).toBe('scan_00002_.png')
    const upload = { type: 'input', subfolder: 'a\\b', filename: 'c.png', bytes: bytes('c'), overwrite: false } as const
    expect(await storage.save(upload)).toEqual({ filename: 'c.png', subfolder: 'a/b', type: 'input' })
    expect(Buffer.from(await storage.read('a\\b\\c.png')).toString()).toBe('c')
    expect(await storage.size('a\\b/c.png')).toBe(1)
    expect(await storage.path({ filename: 'scan_00001_.png', subfolder: '2024\\', type: 'output' })).toBe(
      inBase('output/2024/scan_00001_.png'),
    )
  })

  test('whatever the prefix, a file is written inside the output folder or not at all', async () => {
    const piece = fc.oneof(fc.constantFrom('', '.', '..', '/', '//', '\0', '\\', '%year%', 'a', ' '), fc.string())
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 4 }), async (pieces) => {
        const prefix = pieces.join('/').slice(0, 60)
        const before = await readdir(base)
        const file = await storage.write('output', prefix, 'png', bytes('x')).catch(() => undefined)
        expect(await readdir(base)).toEqual(before)
        if (file !== undefined) await expect(storage.path(file)).resolves.toContain(inBase('output'))
      }),
      { numRuns: 150 },
    )
  })
})

test('a folder that was removed whole is empty until something is put there again', async () => {
  await writeFile(inBase('input/a.png'), 'a')
  await storage.read('a.png')
  for (const type of ['input', 'output', 'temp'] as const) {
    await rm(inBase(type), { recursive: true })
    expect(await storage.listNewest(type)).toEqual([])
  }
  expect(await storage.listInputs()).toEqual([])
  await rm(inBase('input'), { recursive: true, force: true })
  await expect(storage.read('a.png')).rejects.toMatchObject({ code: 'file_not_found' })
  await expect(storage.read('../secret.png')).rejects.toMatchObject({ code: 'path_outside' })
  await rm(inBase('input'), { recursive: true, force: true })
  const upload = { type: 'input', subfolder: '', filename: 'b.png', bytes: bytes('b'), overwrite: false } as const
  expect(await storage.path(await storage.save(upload))).toBe(inBase('input/b.png'))
  expect((await storage.write('output', 'sub/a', 'png', bytes('a'))).filename).toBe('a_00001_.png')
})

describe('numbered series', () => {
  test('count on from what the folder holds, per prefix', async () => {
    await writeFile(inBase('output/photo_00041_.png'), '')
    expect(await storage.write('output', 'photo', 'png', bytes('1'))).toEqual({
      filename: 'photo_00042_.png',
      subfolder: '',
      type: 'output',
    })
    expect((await storage.write('output', 'sub/photo', 'png', bytes('1'))).subfolder).toBe('sub')
    expect((await storage.write('output', 'photo', 'png', bytes('1'))).filename).toBe('photo_00043_.png')
  })

  test.each(['a_9007199254740992_.png', 'a_20240512123045123.jpg'])('do not count on from %s', async (name) => {
    await writeFile(inBase(`output/${name}`), '')
    for (const expected of ['a_00001_.png', 'a_00002_.png'])
      expect((await storage.write('output', 'a', 'png', bytes('1'))).filename).toBe(expected)
  })

  test.each(['', '.', './', 'sub/'])('the prefix %j stays in the output folder', async (prefix) => {
    const file = await storage.write('output', prefix, 'png', bytes('x'))
    expect(dirname(await storage.path(file))).toBe(inBase('output'))
  })

  test('step over files that another writer made, and leave no drafts', async () => {
    await storage.write('output', 'a', 'png', bytes('1'))
    await writeFile(inBase('output/a_00002_.png'), 'another')
    const written = await Promise.all(['x', 'y', 'z'].map((text) => storage.write('output', 'a', 'png', bytes(text))))
    expect(written.map((file) => file.filename).sort()).toEqual(['a_00003_.png', 'a_00004_.png', 'a_00005_.png'])
    expect(await readFile(inBase('output/a_00002_.png'), 'utf8')).toBe('another')
    expect((await readdir(inBase('output'))).filter((name) => name.endsWith('.part'))).toEqual([])
  })

  test('of temporary files never begin again, although the next host finds the folder empty', async () => {
    const names = []
    for (let start = 0; start < 2; start++) {
      const opened = await Storage.open(roots())
      for (let i = 0; i < 2; i++) names.push((await opened.write('temp', 'sub/shown', 'png', bytes('1'))).filename)
      const claim = { run: `${start}`, node: 'a', index: 0 }
      names.push((await opened.deliver(claim, 'temp', 'sub/shown', 'png', bytes('1'))).filename)
      await rm(inBase('temp'), { recursive: true })
      await mkdir(inBase('temp'))
    }
    expect(new Set(names).size).toBe(6)
    expect(names.slice(0, 3)).toEqual(
      [1, 2, 3].map((n) => expect.stringMatching(`^shown_[0-9a-f]{8}_0000${n}_\\.png$`)),
    )
  })

  test('fill in the date', async () => {
    const { subfolder } = await storage.write('output', '%year%/%month%-%day%/x', 'png', bytes('1'))
    expect(subfolder).toMatch(/^\d{4}\/\d\d-\d\d$/)
  })
})

describe('uploads', () => {
  const upload = (filename: string, text: string, overwrite = false) =>
    storage.save({ type: 'input', subfolder: '', filename, bytes: bytes(text), overwrite })

  test('the same name is reused for the same content, numbered for other content, replaced on demand', async () => {
    expect((await upload('a.png', 'one')).filename).toBe('a.png')
    expect((await upload('a.png', 'one')).filename).toBe('a.png')
    expect((await upload('a.png', 'two')).filename).toBe('a (1).png')
    expect((await upload('a.png', 'three', true)).filename).toBe('a.png')
    expect(await readFile(inBase('input/a.png'), 'utf8')).toBe('three')
  })

  test('what is replaced by itself stays as it was, and with it what was made of it', async () => {
    await upload('a.png', 'one')
    const before = await storage.fingerprint('a.png')
    await upload('a.png', 'one', true)
    expect(await storage.fingerprint('a.png')).toBe(before)
    await upload('a.png', 'two', true)
    expect(await storage.fingerprint('a.png')).not.toBe(before)
  })

  test('the thousandth under one name costs as little as the tenth, and reads none of the others', async () => {
    for (let number = 0; number < 1000; number++) {
      await writeFile(inBase(`input/a${number === 0 ? '' : ` (${number})`}.png`), String(number))
    }
    const asked: string[] = []
    const watched = new Proxy(besideUs, {
      get: (files, name) => {
        asked.push(String(name))
        return Reflect.get(files, name)
      },
    })
    storage = await Storage.open(roots(), watched)
    expect((await upload('a.png', 'the next')).filename).toBe('a (1000).png')
    expect(asked.length).toBeLessThan(30)
    asked.length = 0
    expect((await upload('a.png', 'the one after')).filename).toBe('a (1001).png')
    expect(asked.length).toBeLessThan(8)
    expect(asked).not.toContain('readFile')
  })

  test('two uploads of one name at the same time are both kept', async () => {
    const files = await Promise.all([upload('b.png', 'one'), upload('b.png', 'two')])
    expect(new Set(files.map((file) => file.filename)).size).toBe(2)
  })

  test.each(['', '.', 'a/b.png'])('the name %j is refused', async (filename) => {
    await expect(upload(filename, 'x', true)).rejects.toMatchObject({ code: 'path_outside' })
  })
})

test('the folder of a name is given in brackets; pictures of the input folder are listed', async () => {
  await mkdir(inBase('input/deep'))
  for (const name of ['input/b.JPG', 'input/a.png', 'input/c.txt', 'input/deep/d.png', 'temp/t.png']) {
    await writeFile(inBase(name), name)
  }
  expect(await storage.listInputs()).toEqual(['a.png', 'b.JPG'])
  expect(Buffer.from(await storage.read('t.png [temp]')).toString()).toBe('temp/t.png')
  expect(Buffer.from(await storage.read('deep/d.png')).toString()).toBe('input/deep/d.png')
  await expect(storage.read('t.png')).rejects.toMatchObject({ code: 'file_not_found' })
  await expect(storage.read('deep')).rejects.toMatchObject({ code: 'file_not_found' })
})

test('a fingerprint changes with the file', async () => {
  await writeFile(inBase('input/a.png'), 'one')
  const before = await storage.fingerprint('a.png')
  expect(await storage.fingerprint('a.png')).toBe(before)
  await utimes(inBase('input/a.png'), 1, 1)
  const old = await storage.fingerprint('a.png')
  expect(old).not.toBe(before)
  await writeFile(inBase('input/a.png'), 'two')
  await utimes(inBase('input/a.png'), 1, 1)
  expect(await storage.fingerprint('a.png')).not.toBe(old)
})
