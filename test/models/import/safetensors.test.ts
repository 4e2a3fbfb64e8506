import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readSafetensorsHeader } from '../../../models/import/safetensors.ts'
import { RestorationError } from '../../../nodes/sdk/error.ts'
import { temporaryFolder } from './fixtures.ts'
import { encodeSafetensors, withHeader } from './synthetic.ts'

const VALID = encodeSafetensors(
  new Map([
    ['a.weight', { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
    ['a.bias', { shape: [2], data: Float32Array.of(7, 8) }],
  ]),
)

const read = (bytes: Uint8Array) => {
  const path = join(temporaryFolder(), 'file.safetensors')
  writeFileSync(path, bytes)
  return readSafetensorsHeader(path)
}

const header = (tensors: Record<string, unknown>, bodyLength: number) =>
  withHeader(JSON.stringify(tensors), new Uint8Array(bodyLength))

const tensor = (begin: number, end: number, shape = [(end - begin) / 4], dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
})

describe('a safetensors file', () => {
  test('lists its tensors with type, shape and place', () => {
    const start = VALID.length - 32
    expect([...read(VALID).values()]).toEqual([
      { name: 'a.weight', type: 'F32', shape: [2, 3], begin: start, end: start + 24 },
      { name: 'a.bias', type: 'F32', shape: [2], begin: start + 24, end: start + 32 },
    ])
  })

  test('may carry metadata, scalars and empty tensors', () => {
    const tensors = { __metadata__: { format: 'pt' }, scalar: tensor(0, 4, []), empty: tensor(4, 4, [0, 5]) }
    expect([...read(header(tensors, 4)).keys()]).toEqual(['scalar', 'empty'])
  })

  test.each<[string, Uint8Array, RegExp]>([
    ['is shorter than its length field', VALID.slice(0, 5), /at least 8 bytes, got 5/],
    ['ends inside its header', VALID.slice(0, 40), /header of at most 32 bytes, got a length of/],
    ['ends inside its tensors', VALID.slice(0, -1), /expected \d+ bytes by its header, got/],
    ['goes on after its tensors', Buffer.concat([VALID, Buffer.alloc(3)]), /expected \d+ bytes by its header/],
    ['claims an enormous header', Buffer.concat([Buffer.alloc(8, 0xff), VALID]), /header of at most/],
    ['has a header that is not JSON', withHeader('{"a":', new Uint8Array(4)), /not JSON/],
    [
      'has a header that is not UTF-8',
      Buffer.concat([VALID.slice(0, 9), Buffer.of(0xff), VALID.slice(10)]),
      /not JSON/,
    ],
    ['has a list for a header', withHeader('[]', new Uint8Array(0)), /header is not valid/],
    ['has overlapping tensors', header({ a: tensor(0, 8), b: tensor(4, 12) }, 12), /tensor b overlaps/],
    ['has a gap between tensors', header({ a: tensor(0, 4), b: tensor(8, 12) }, 12), /tensor b leaves a gap/],
    ['has offsets beyond its end', header({ a: tensor(0, 400) }, 4), /expected \d+ bytes by its header/],
    ['has offsets in the wrong order', header({ a: tensor(8, 4, [1]) }, 8), /expected 4 bytes, got -4/],
    [
      'has a shape that does not fit its bytes',
      header({ a: tensor(0, 8, [3]) }, 8),
      /F32 \[3\]: expected 12 bytes, got 8/,
    ],
    ['has a negative size', header({ a: tensor(0, 8, [-1, -2]) }, 8), /header is not valid/],
    [
      'has types that are not read, of which the first is told',
      header({ a: tensor(0, 4, [4], 'F8_E4M3'), b: tensor(4, 8, [4], 'F8_E4M3') }, 8),
      /file\.safetensors: expected tensor a as one of F64, F32,[^;]*, got F8_E4M3\.$/,
    ],
  ])('is refused when it %s', (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(message)
    expect(() => read(bytes)).toThrow(RestorationError)
  })

  test('is refused with a remedy when it is absent', () => {
    expect(() => readSafetensorsHeader(join(temporaryFolder(), 'none.safetensors'))).toThrow(
      /expected a file, found none/,
    )
  })

  test('never fails in another way, whatever its bytes', () => {
    const path = join(temporaryFolder(), 'fuzz.safetensors')
    const anyHeader = fc.jsonValue().map((value) => withHeader(JSON.stringify(value), new Uint8Array(16)))
    const anyTensors = fc
      .dictionary(
        fc.string(),
        fc.record({
          dtype: fc.constantFrom('F32', 'F16', 'BOOL', 'X'),
          shape: fc.array(fc.oneof(fc.nat(4), fc.maxSafeInteger(), fc.double())),
          data_offsets: fc.array(fc.oneof(fc.nat(20), fc.maxSafeInteger()), { maxLength: 3 }),
        }),
      )
      .map((tensors) => header(tensors, 16))
    const damaged = fc.tuple(fc.nat(VALID.length - 1), fc.nat(255)).map(([place, byte]) => VALID.with(place, byte))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), anyHeader, anyTensors, damaged), (bytes) => {
        writeFileSync(path, bytes)
        try {
          readSafetensorsHeader(path)
        } catch (error) {
          expect(error).toBeInstanceOf(RestorationError)
        }
      }),
      { numRuns: 500 },
    )
  })
})
