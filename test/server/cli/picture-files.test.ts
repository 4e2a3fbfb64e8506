import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { planBatch, resultNames, targets } from '../../../server/cli/picture-files.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gendr-pictures-'))
  await mkdir(join(folder, 'in/sub'), { recursive: true })
  for (const name of ['b.JPG', 'a.png', 'notes.txt', '.hidden.png', 'sub/c.tif']) {
    await writeFile(join(folder, 'in', name), '')
  }
})
afterAll(() => rm(folder, { recursive: true }))

test('further names that meet have their whole name too', () => {
  const names = ['a.jpg', 'a.png', 'a.jpg.png', 'b.png']
  expect(targets(names, 'in', 'out', 'png').map(({ target }) => target)).toEqual([
    'out/a.jpg.png',
    'out/a.png.png',
    'out/a.jpg.png.png',
    'out/b.png',
  ])
})

test('links to pictures are pictures', async () => {
  await mkdir(join(folder, 'links'))
  await symlink(join(folder, 'in/a.png'), join(folder, 'links/a.png'))
  await symlink(join(folder, 'nowhere.png'), join(folder, 'links/b.png'))
  const { pairs } = await planBatch(join(folder, 'links'), join(folder, 'out'), undefined)
  expect(pairs.map(({ source }) => source)).toEqual([join(folder, 'links/a.png')])
})

test('a folder that cannot be read is told of, and the others are read', async () => {
  const archive = join(folder, 'archive')
  for (const name of ['.trash', 'locked', 'open']) {
    await mkdir(join(archive, name), { recursive: true })
    await writeFile(join(archive, name, 'a.jpg'), '')
  }
  await chmod(folder, 0o755)
  for (const name of ['.trash', 'locked']) await chmod(join(archive, name), 0)
  const { pairs, closed } = await asNobody(() => planBatch(archive, join(folder, 'out'), undefined))
  expect(pairs.map(({ source }) => source)).toEqual([join(archive, 'open/a.jpg')])
  expect(closed).toEqual([
    {
      source: join(archive, 'locked'),
      error: expect.objectContaining({ message: expect.stringMatching(/archive\/locked' cannot be read \(EACCES\)/) }),
    },
  ])
})

test.runIf(process.platform === 'linux')('a name that is not UTF-8 is told of, with how to mend it', async () => {
  const mixed = join(folder, 'mixed')
  const latin1 = (name: string) => Buffer.concat([Buffer.from(`${mixed}/`), Buffer.from(name, 'latin1')])
  await mkdir(mixed)
  await mkdir(latin1('été'))
  for (const name of [latin1('café.jpg'), latin1('notés.txt'), join(mixed, 'café.jpg'), join(mixed, 'odd\u{fffd}.jpg')])
    await writeFile(name, '')
  const { pairs, closed } = await planBatch(mixed, join(folder, 'out'), undefined)
  expect(pairs.map(({ source }) => source)).toEqual([join(mixed, 'café.jpg'), join(mixed, 'odd\u{fffd}.jpg')])
  expect(closed.map(({ source }) => source).sort()).toEqual([
    join(mixed, 'caf\u{fffd}.jpg'),
    join(mixed, '\u{fffd}t\u{fffd}'),
  ])
  expect(closed[0]!.error).toMatchObject({
    message: expect.stringMatching(/is not UTF-8/),
    remedy: expect.stringMatching(/convmv/),
  })
  await expect(planBatch(join(mixed, 'caf\u{fffd}.jpg'), 'x.png', undefined)).rejects.toThrow(/is not UTF-8/)
})

/** What is closed to a user is open to root. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work()
  process.seteuid?.('nobody')
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
  }
}

test('hidden folders are left alone, and pictures that cannot be read are told of', async () => {
  const scans = join(folder, 'scans')
  await mkdir(join(scans, '.trash'), { recursive: true })
  await mkdir(join(scans, 'phone'))
  for (const name of ['.trash/a.jpg', 'phone/b.HEIC', 'c.psd', 'd.jpg', 'notes.txt']) {
    await writeFile(join(scans, name), '')
  }
  const { pairs, unread } = await planBatch(scans, join(folder, 'out'), undefined)
  expect(pairs.map(({ source }) => source)).toEqual([join(scans, 'd.jpg')])
  expect(unread).toEqual(['c.psd', join('phone', 'b.HEIC')])
})

describe('restore IN OUT', () => {
  test('takes the pictures of a folder and its subfolders', async () => {
    const { pairs, format } = await planBatch(join(folder, 'in'), join(folder, 'out'), undefined)
    expect(format).toBe('png')
    expect(pairs.map(({ source, target }) => [source, target].map((path) => path.slice(folder.length + 1)))).toEqual([
      ['in/a.png', 'out/a.png'],
      ['in/b.JPG', 'out/b.png'],
      ['in/sub/c.tif', 'out/sub/c.png'],
    ])
  })

  test('does not take its own results for input', async () => {
    const { pairs } = await planBatch(join(folder, 'in'), join(folder, 'in/sub'), undefined)
    expect(pairs.length).toBe(2)
  })

  test('does not put results among the pictures that it is to take', async () => {
    await symlink(join(folder, 'in'), join(folder, 'same'))
    for (const output of ['in', 'in/', 'in/sub/..', 'same']) {
      await expect(planBatch(join(folder, 'in'), join(folder, output), undefined)).rejects.toMatchObject({
        code: 'configuration_invalid',
        remedy: expect.stringContaining(join('in', 'restored')),
      })
    }
  })

  test('does not take its own results for input by whatever way the folders are named', async () => {
    await symlink(join(folder, 'in'), join(folder, 'srv'))
    const { pairs } = await planBatch(join(folder, 'srv'), join(folder, 'in/sub'), undefined)
    expect(pairs.length).toBe(2)
  })

  test('never puts a result in the place of a picture', async () => {
    const here = (path: string) => join(folder, 'originals', path)
    await mkdir(here('in/in'), { recursive: true })
    for (const name of ['in/a.png', 'in/in/a.png']) await writeFile(here(name), '')
    await symlink(here('in/a.png'), here('link.png'))
    for (const [input, output] of [
      ['in/a.png', 'in'],
      ['in/a.png', 'in/a.png'],
      ['in/a.png', 'in/in/../a.png'],
      ['link.png', 'in/a.png'],
      ['in', '.'],
    ] as const) {
      await expect(planBatch(here(input), here(output), undefined)).rejects.toMatchObject({
        code: 'configuration_invalid',
        message: expect.stringMatching(/would take the place of the picture '/),
      })
    }
  })

  test('a file goes to a file in the format that its name says, or into a folder', async () => {
    const input = join(folder, 'in/a.png')
    expect(await planBatch(input, 'x.jpeg', undefined)).toEqual({
      pairs: [{ source: input, target: 'x.jpeg' }],
      folder: '.',
      format: 'jpg',
      unread: [],
      closed: [],
    })
    expect((await planBatch(input, 'new/', 'webp')).pairs[0]?.target).toBe('new/a.webp')
    expect((await planBatch(input, folder, undefined)).pairs[0]?.target).toBe(join(folder, 'a.png'))
  })

  test('says what is wrong with IN and OUT', async () => {
    await expect(planBatch(join(folder, 'none'), 'x.png', undefined)).rejects.toThrow(/no file or folder/)
    await expect(planBatch(join(folder, 'in/a.png'), 'x.doc', undefined)).rejects.toThrow(/x\.doc/)
  })
})

test('inputs that differ only in their extension keep it', () => {
  expect(targets(['a.jpg', 'a.png', 'b.png'], 'in', 'out', 'png').map(({ target }) => target)).toEqual([
    'out/a.jpg.png',
    'out/a.png.png',
    'out/b.png',
  ])
})

describe('the pictures of one file', () => {
  test('have their number behind the name', () => {
    expect(resultNames('out/scan.png', 1)).toEqual(['out/scan.png'])
    expect(resultNames('out/scan.png', 3)).toEqual(['out/scan.png', 'out/scan.p2.png', 'out/scan.p3.png'])
  })

  test('never have the name of another result, whatever comes later', () => {
    const stem = fc.constantFrom('scan', 'scan.p2', 'scan.P3', 'scan.p2.p3', 'scan.tif', 'scan.tif.p2')
    const name = fc.tuple(stem, fc.constantFrom('tif', 'TIFF', 'png', 'gif')).map((parts) => parts.join('.'))
    fc.assert(
      fc.property(fc.uniqueArray(name), fc.uniqueArray(name), (before, later) => {
        const resultsOf = (names: readonly string[]) =>
          targets(names, 'in', 'out', 'png').map(({ source, target }) => ({ source, all: resultNames(target, 3) }))
        const now = resultsOf([...new Set([...before, ...later])])
        const names = now.flatMap(({ all }) => all)
        expect(new Set(names).size).toBe(names.length)
        const firsts = new Set(now.map(({ all }) => all[0]))
        for (const { all } of resultsOf(before)) for (const page of all.slice(1)) expect(firsts).not.toContain(page)
      }),
    )
  })
})
