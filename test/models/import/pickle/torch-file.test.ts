import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { importCheckpoint } from '../../../../models/import/import.ts'
import { readTorchFile } from '../../../../models/import/pickle/torch-file.ts'
import { unpickle } from '../../../../models/import/pickle/unpickle.ts'
import { RestorationError } from '../../../../nodes/sdk/error.ts'
import { temporaryFolder } from '../fixtures.ts'

const FIXTURES = fileURLToPath(new URL('../../../fixtures/upscalers', import.meta.url))
const ZIP = readFileSync(join(FIXTURES, 'compact-x4.pth'))
const LEGACY = readFileSync(join(FIXTURES, 'esrgan-x8.pth'))

const ascii = (text: string): number[] => [...Buffer.from(text, 'latin1')]
const pickleOf = (...codes: number[]): Uint8Array => Uint8Array.of(0x80, 2, ...codes)
const readPickle = (...codes: number[]) => unpickle(pickleOf(...codes), new Set(['torch.FloatStorage']), 'weights.pth')

describe('a pickle that wants more than tensors is refused, and nothing of it is run:', () => {
  test.each<[string, number[], RegExp]>([
    [
      'os.system',
      [...ascii('cos\nsystem\n'), ...ascii('X'), 4, 0, 0, 0, ...ascii('true'), 0x85, 0x52, 0x2e],
      /os\.system/,
    ],
    ['builtins.eval', [...ascii('c__builtin__\neval\n'), 0x2e], /__builtin__\.eval/],
    ['a name from the stack', [...ascii('\x8c\x02os\x8c\x06system'), 0x93, 0x2e], /os\.system/],
    ['a name that is a list', [0x5d, 0x5d, 0x93, 0x2e], /a name that is no text/],
    ['an old-style instance', [0x28, ...ascii('ios\nsystem\n'), 0x2e], /opcode 0x69/],
    ['a new object', [0x29, 0x29, 0x81, 0x2e], /opcode 0x81/],
    ['an extension', [0x82, 1, 0x2e], /opcode 0x82/],
    ['text as a literal of Python', [...ascii("S'x'\n"), 0x2e], /opcode 0x53/],
    ['a call of a list', [0x5d, 0x29, 0x52, 0x2e], /a call of no name/],
    ['an empty stack', [0x2e], /an empty stack/],
    ['a memo of nothing', [0x68, 9, 0x2e], /memo 9/],
    ['an end too early', [0x58, 255, 255, 255, 255, 1], /an end after/],
    ['items without a dictionary', [0x4e, 0x4e, 0x4e, 0x73, 0x2e], /items without a dictionary/],
  ])('%s', (_, codes, message) => {
    expect(() => readPickle(...codes)).toThrow(message)
  })

  test('and whoever imports such a file is told so', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'evil.pth')
    const marker = join(folder, 'ran')
    const command = ascii(`touch ${marker}`)
    const evil = [...ascii('cposix\nsystem\n'), ...ascii('X'), command.length, 0, 0, 0, ...command, 0x85, 0x52, 0x2e]
    // The older format begins with the pickle of its magic number.
    writeFileSync(path, Buffer.concat([LEGACY.subarray(0, 15), Buffer.from(pickleOf(...evil))]))
    await expect(importCheckpoint({ source: path, output: join(folder, 'm') })).rejects.toMatchObject({
      message: expect.stringContaining('got a request for posix.system'),
      remedy: expect.stringContaining('Nothing in the file was run'),
    })
    expect(readdirSync(folder)).toEqual(['evil.pth'])
  })
})

/** A file of the older format: magic number, version, system, then these. */
const legacyOf = (root: Uint8Array, keys: Uint8Array) =>
  Buffer.concat([LEGACY.subarray(0, 15), pickleOf(0x4b, 1, 0x2e), pickleOf(0x7d, 0x2e), root, keys])

test('the one dictionary of tensors is found under any name', () => {
  const path = join(temporaryFolder(), 'a.pth')
  const bytes = Buffer.from(ZIP)
  writeFileSync(path, bytes)
  const named = [...readTorchFile(path).keys()]
  bytes.write('netG', bytes.indexOf('params'))
  writeFileSync(path, bytes)
  expect([...readTorchFile(path).keys()]).toEqual(named)
})

test('a pickle that contains itself ends', () => {
  // d = {}; d['params'] = d
  const codes = [0x7d, 0x71, 0, ...ascii('X'), 6, 0, 0, 0, ...ascii('params'), 0x68, 0, 0x73, 0x2e]
  const path = join(mkdtempSync(join(temporaryFolder(), 'p')), 'loop.pth')
  writeFileSync(path, legacyOf(pickleOf(...codes), pickleOf(0x5d, 0x2e)))
  expect(() => readTorchFile(path)).toThrow('expected a dictionary of tensors')
})

test('a dictionary that is in many places is looked at once', () => {
  // d = {}; d = {0: d, 1: d, …}, five times: one dictionary, by 60^5 ways
  const around = Array.from({ length: 5 }, () => [
    ...[0x71, 0, 0x30, 0x7d, 0x28],
    ...Array.from({ length: 60 }, (_, key) => [0x4b, key, 0x68, 0]).flat(),
    0x75,
  ]).flat()
  const path = join(temporaryFolder(), 'shared.pth')
  writeFileSync(path, legacyOf(pickleOf(0x7d, ...around, 0x2e), pickleOf(0x5d, 0x2e)))
  expect(() => readTorchFile(path)).toThrow('expected a dictionary of tensors')
}, 10_000)

test('a storage whose key is no text is refused, however often it holds itself', () => {
  // keys = []; keys = [keys, keys], forty times: written out, a text of 2^40 characters
  const doubled = Array.from({ length: 40 }, () => [0x71, 1, 0x30, 0x5d, 0x28, 0x68, 1, 0x68, 1, 0x65]).flat()
  const path = join(temporaryFolder(), 'laugh.pth')
  writeFileSync(path, legacyOf(pickleOf(0x7d, 0x2e), pickleOf(0x5d, 0x28, 0x5d, ...doubled, 0x65, 0x2e)))
  expect(() => readTorchFile(path)).toThrow('expected a tensor in every storage')
})

describe.each([
  ['the ZIP format', ZIP],
  ['the format before it', LEGACY],
])('%s, damaged anywhere,', (_, original) => {
  /** Either it is read, with every tensor within the file, or refused in our own words. */
  const isSafe = (bytes: Uint8Array, path: string): void => {
    writeFileSync(path, bytes)
    try {
      for (const { begin, end } of readTorchFile(path).values()) {
        expect(begin).toBeGreaterThanOrEqual(0)
        expect(end).toBeLessThanOrEqual(bytes.length)
      }
    } catch (error) {
      expect(error).toBeInstanceOf(RestorationError)
      expect(error).toMatchObject({ code: 'checkpoint_invalid' })
    }
  }

  test('by changed bytes, is read or refused', () => {
    const path = join(temporaryFolder(), 'damaged.pth')
    const change = fc.record({ at: fc.nat(original.length - 1), to: fc.nat(255) })
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const bytes = Uint8Array.from(original)
        for (const { at, to } of changes) bytes[at] = to
        isSafe(bytes, path)
      }),
      { numRuns: 400 },
    )
  })

  test('in its pickle, is read or refused', () => {
    const path = join(temporaryFolder(), 'damaged.pth')
    const start = original.indexOf(Uint8Array.of(0x80, 2, 0x7d))
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(1500), to: fc.nat(255) }), { minLength: 1, maxLength: 3 }),
        (changes) => {
          const bytes = Uint8Array.from(original)
          for (const { at, to } of changes) bytes[Math.max(0, start) + at] = to
          isSafe(bytes, path)
        },
      ),
      { numRuns: 600 },
    )
  })

  test('by being cut short, is refused', () => {
    const path = join(temporaryFolder(), 'damaged.pth')
    fc.assert(
      fc.property(fc.nat(original.length - 1), (length) => {
        writeFileSync(path, original.subarray(0, length))
        expect(() => readTorchFile(path)).toThrow(RestorationError)
      }),
      { numRuns: 200 },
    )
  })
})

test('any bytes at all are no crash', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      try {
        unpickle(Uint8Array.of(0x80, 2, ...bytes), new Set(), 'x')
      } catch (error) {
        expect(error).toBeInstanceOf(RestorationError)
      }
    }),
    { numRuns: 3000 },
  )
})
