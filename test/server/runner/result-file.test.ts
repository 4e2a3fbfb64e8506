import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Blocker } from '../../../nodes/sdk/blocker.ts'
import { packed, readResult, writeResult } from '../../../server/runner/result-file.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'result-file-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function throughFile(value: unknown): Promise<unknown> {
  const path = join(folder, 'value')
  const file = packed(value)!
  await writeResult(path, file.packed)
  expect((await readFile(path)).length).toBe(file.bytes)
  return readResult(path)
}

const samples = fc.oneof(
  fc.uint8Array(),
  fc.uint16Array(),
  fc.float32Array(),
  fc.uint8Array({ minLength: 3 }).map((bytes) => bytes.subarray(1)),
)
const data = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.double(),
    fc.string(),
    fc.boolean(),
    fc.constantFrom(null, undefined, -0, Number.POSITIVE_INFINITY),
    fc.option(fc.string(), { nil: undefined }).map((message) => new Blocker(message)),
    samples,
    fc.array(tie('value')),
    fc.dictionary(fc.string(), tie('value')),
  ),
})).value

describe('a result in a file', () => {
  test('is the same when it is read, whatever it holds', async () => {
    await fc.assert(
      fc.asyncProperty(data, async (value) => {
        expect(await throughFile(value)).toEqual(value)
      }),
      { numRuns: 200 },
    )
  })

  test('keeps samples of every kind, shares those that were shared, and is not copied in memory before', async () => {
    const bytes = new Uint8Array(new ArrayBuffer(9 << 20)).fill(7)
    const frame = { width: 1, height: 1, channels: 1, data: bytes.subarray(5) }
    const { packed: made, bytes: size } = packed([[frame], [frame]])!
    expect(made.parts[0]!.buffer).toBe(bytes.buffer)
    expect(size).toBeLessThan(bytes.length + 1000)
    const [[first], [second]] = (await throughFile([[frame], [frame]])) as [[typeof frame], [typeof frame]]
    expect(Buffer.compare(first.data, frame.data)).toBe(0)
    expect(second.data.buffer).toBe(first.data.buffer)
  })

  test.each<[string, unknown]>([
    ['an open model', new (class OpenModel {})()],
    ['a function', { run: () => 1 }],
    ['a map', new Map()],
    ['a symbol', Symbol('x')],
    ['a bigint', 1n],
  ])('does not hold %s', (_name, value) => {
    expect(packed([[value]])).toBeUndefined()
  })

  test('that is cut off, changed in any place or of another kind is refused', async () => {
    const path = join(folder, 'damaged')
    await writeResult(path, packed({ outputs: [[{ data: new Uint8Array(100) }]], ui: null })!.packed)
    const whole = await readFile(path)
    for (let at = 0; at < whole.length; at++) {
      const changed = Uint8Array.from(whole)
      changed[at]! ^= 0x10
      await writeFile(path, changed)
      await expect(readResult(path)).rejects.toThrow()
      await truncate(path, at)
      await expect(readResult(path)).rejects.toThrow()
    }
    await writeFile(path, 'not ours at all, but long enough to be one')
    await expect(readResult(path)).rejects.toThrow()
  })

  test('that cannot be written leaves nothing', async () => {
    await expect(writeResult(join(folder, 'nowhere', 'x'), packed(1)!.packed)).rejects.toThrow()
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([])
  })
})
