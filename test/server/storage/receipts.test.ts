import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Receipts } from '../../../server/storage/receipts.ts'
import { Storage } from '../../../server/storage/storage.ts'

let base: string
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'receipts-'))
})
afterEach(() => rm(base, { recursive: true, force: true }))

const open = () =>
  Storage.open({
    inputRoot: join(base, 'input'),
    outputRoot: join(base, 'output'),
    tempRoot: join(base, 'temp'),
    receiptsRoot: join(base, 'receipts'),
  })
const bytes = (text: string) => new TextEncoder().encode(text)
const claim = (run: string, node = '1', index = 0) => ({ run, node, index })
const outputs = () => readdir(join(base, 'output'))

test('a run that is run again gets the file that it wrote before, whatever it makes now', async () => {
  const first = await (await open()).deliver(claim('a'), 'output', 'x', 'png', bytes('one'))
  expect(first).toMatchObject({ filename: 'x_00001_.png', subfolder: '', type: 'output', size: 3 })
  // Another process, which knows nothing of the first.
  const again = await (await open()).deliver(claim('a'), 'output', 'x', 'png', bytes('two'))
  expect(again).toMatchObject({ filename: 'x_00001_.png', sha256: first.sha256 })
  expect(await outputs()).toEqual(['x_00001_.png'])
  expect(await readFile(join(base, 'output/x_00001_.png'), 'utf8')).toBe('one')
})

test('other files of the run, other nodes and other runs get their own', async () => {
  const storage = await open()
  for (const one of [claim('a'), claim('a', '1', 1), claim('a', '2'), claim('b')]) {
    await storage.deliver(one, 'output', 'x', 'png', bytes('same'))
  }
  expect(await outputs()).toHaveLength(4)
})

test('a run that is run again by the same process finds its files, also where others have delivered since', async () => {
  const storage = await open()
  const deliver = (run: string, index = 0) =>
    storage.deliver(claim(run, '1', index), 'output', 'x', 'png', bytes('same'))
  const first = [await deliver('a'), await deliver('a', 1)]
  await deliver('b')
  expect([await deliver('a'), await deliver('a', 1)]).toEqual(first)
  expect(await outputs()).toHaveLength(3)
})

test('nor does it write them again where so many others have delivered that they are not remembered', async () => {
  const storage = await open()
  const deliver = (run: string) => storage.deliver(claim(run), 'output', run, 'png', bytes('same'))
  const first = await deliver('a')
  for (let i = 0; i < 65; i++) await deliver(`other-${i}`)
  expect(await deliver('a')).toEqual(first)
})

test('a run that had not come to its file, or whose file is gone, writes it', async () => {
  const storage = await open()
  const { filename } = await storage.deliver(claim('a'), 'output', 'x', 'png', bytes('one'))
  await rm(join(base, 'output', filename))
  expect(await (await open()).deliver(claim('a'), 'output', 'x', 'png', bytes('two'))).toMatchObject({ filename })
  expect(await readFile(join(base, 'output', filename), 'utf8')).toBe('two')

  // Killed after the receipt, before the file: in the meantime another took the name.
  await rm(join(base, 'output', filename))
  await writeFile(join(base, 'output', filename), 'of another')
  expect(await (await open()).deliver(claim('a'), 'output', 'x', 'png', bytes('three'))).toMatchObject({
    filename: 'x_00002_.png',
  })
  // Killed in the middle of the receipt.
  const names = await readdir(join(base, 'receipts'))
  for (const name of names) {
    await rm(join(base, 'receipts', name))
    await writeFile(join(base, 'receipts', name), 'th')
  }
  expect(await (await open()).deliver(claim('a'), 'output', 'x', 'png', bytes('four'))).toMatchObject({
    filename: 'x_00003_.png',
  })
})

test('names that are too long for a receipt are noted all the same', async () => {
  const prefix = `${'long'.repeat(20)}/${'é'.repeat(80)}`
  const first = await (await open()).deliver(claim('a'), 'output', prefix, 'png', bytes('one'))
  expect(await (await open()).deliver(claim('a'), 'output', prefix, 'png', bytes('two'))).toEqual(first)
  const receipts = new Receipts(join(base, 'receipts'))
  await receipts.forget(['a'])
  expect(await readdir(join(base, 'receipts'))).toEqual([])
})

test('a file that somebody has moved away is not touched by another attempt', async () => {
  const { filename } = await (await open()).deliver(claim('a'), 'output', 'x', 'png', bytes('one'))
  await rename(join(base, 'output', filename), join(base, 'mine.png'))
  await (await open()).deliver(claim('a'), 'output', 'x', 'png', bytes('two'))
  expect(await readFile(join(base, 'mine.png'), 'utf8')).toBe('one')
})

test('runs that have ended are forgotten, those that will be run again are not', async () => {
  const storage = await open()
  for (const run of ['a', 'b', 'c']) await storage.deliver(claim(run), 'output', 'x', 'png', bytes(run))
  const receipts = new Receipts(join(base, 'receipts'))
  await receipts.forget(['a'])
  await receipts.keepOnly(['b'])
  expect(await readdir(join(base, 'receipts'))).toHaveLength(1)
  for (const run of ['a', 'b', 'c']) await (await open()).deliver(claim(run), 'output', 'x', 'png', bytes(run))
  expect(await outputs()).toHaveLength(5)
  await receipts.forget(['never heard of'])
})

test('nothing half written is left in the folders of files', async () => {
  const storage = await open()
  await storage.deliver(claim('a'), 'output', 'deep/x', 'png', bytes('one'))
  await storage.write('output', 'y', 'png', bytes('two'))
  await storage.save({ type: 'input', subfolder: '', filename: 'z.png', bytes: bytes('three'), overwrite: false })
  const names = await readdir(base, { recursive: true })
  expect(names.filter((name) => /^(input|output)/.test(name)).sort()).toEqual([
    'input',
    'input/z.png',
    'output',
    'output/deep',
    'output/deep/x_00001_.png',
    'output/y_00001_.png',
  ])
})
