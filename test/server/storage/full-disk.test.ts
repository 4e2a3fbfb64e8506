import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { atOnce, besideUs } from '../../../server/storage/file-system.ts'
import { Storage } from '../../../server/storage/storage.ts'

/** What is left in the folders when a disk has room for half of a file. */

const disk = vi.hoisted(() => ({ isFull: false }))
const noSpace = () => Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>()
  const writeFile = async (path: string, bytes: Uint8Array, options: object) => {
    await real.writeFile(path, disk.isFull ? bytes.subarray(0, bytes.length / 2) : bytes, options)
    if (disk.isFull) throw noSpace()
  }
  return { ...real, writeFile }
})
vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>()
  const writeFileSync = (path: string, bytes: Uint8Array, options: object) => {
    real.writeFileSync(path, disk.isFull ? bytes.subarray(0, bytes.length / 2) : bytes, options)
    if (disk.isFull) throw noSpace()
  }
  return { ...real, writeFileSync }
})

let base: string
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'full-disk-'))
})
afterEach(async () => {
  disk.isFull = false
  await rm(base, { recursive: true, force: true })
})

const claim = (node: string) => ({ run: 'a', node, index: 0 })
const bytes = (size: number) => Uint8Array.from({ length: size }, (_, i) => i * 31)

describe.each([
  ['beside us', besideUs],
  ['at once', atOnce],
])('a file that finds no room, written %s', (_name, files) => {
  const open = () =>
    Storage.open(
      {
        inputRoot: join(base, 'input'),
        outputRoot: join(base, 'output'),
        tempRoot: join(base, 'temp'),
        receiptsRoot: join(base, 'receipts'),
      },
      files,
    )
  const filesIn = async (folder: string) => (await readdir(join(base, folder)).catch(() => [])).sort()

  test.each([1000, 1 << 20])(
    'leaves nothing of its %i bytes behind, and takes its number when there is room',
    async (size) => {
      const storage = await open()
      await storage.deliver(claim('1'), 'output', 'x', 'png', bytes(size))
      disk.isFull = true
      const refused = { code: 'disk_full' }
      await expect(storage.deliver(claim('2'), 'output', 'x', 'png', bytes(size))).rejects.toMatchObject(refused)
      await expect(storage.deliver(claim('3'), 'output', 'é'.repeat(100), 'png', bytes(size))).rejects.toMatchObject(
        refused,
      )
      await expect(storage.write('output', 'y', 'png', bytes(size))).rejects.toMatchObject(refused)
      expect(await filesIn('output')).toEqual(['x_00001_.png'])
      expect(await filesIn('receipts')).toHaveLength(1)
      disk.isFull = false
      // The same process runs the run again, from its beginning.
      const first = await storage.deliver(claim('1'), 'output', 'x', 'png', bytes(size))
      const second = await storage.deliver(claim('2'), 'output', 'x', 'png', bytes(size))
      expect([first.filename, second.filename]).toEqual(['x_00001_.png', 'x_00002_.png'])
    },
  )
})
