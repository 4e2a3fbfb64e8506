import { invalidCheckpoint } from '../failure.ts'

/** One field of a protobuf message; `begin` to `end` is all of it, `data` what it holds when it has a length. */
export interface WireField {
  readonly number: number
  readonly begin: number
  readonly end: number
  readonly data: Uint8Array
}

/**
 * The fields of a message in their order, without a schema (Protocol Buffers encoding: varint 0, 64 bits 1, length 2,
 * 32 bits 5). Fields that nobody asks about survive, whatever version of the schema they come from.
 */
export function* readFields(bytes: Uint8Array, place: string): Generator<WireField> {
  let at = 0
  const need = (end: number): number => {
    if (end <= bytes.length) return end
    throw invalidCheckpoint(`${place}: expected an ONNX model, got bytes that end too early.`, REMEDY)
  }
  const varint = (): number => {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      need(at + 1)
      const byte = bytes[at++]!
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw invalidCheckpoint(`${place}: expected an ONNX model, got a number without an end.`, REMEDY)
  }
  while (at < bytes.length) {
    const begin = at
    const key = varint()
    const kind = key % 8
    let from = at
    if (kind === 0) varint()
    else if (kind === 1) at = need(at + 8)
    else if (kind === 5) at = need(at + 4)
    else if (kind === 2) {
      const length = varint()
      from = at
      at = need(at + length)
    } else throw invalidCheckpoint(`${place}: expected an ONNX model, got a field of kind ${kind}.`, REMEDY)
    yield { number: Math.floor(key / 8), begin, end: at, data: bytes.subarray(from, at) }
  }
}

/** A field with a length. */
export function lengthDelimited(number: number, parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([varintOf(number * 8 + 2), varintOf(length), ...parts])
}

function varintOf(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  bytes.push(rest)
  return Uint8Array.from(bytes)
}

const REMEDY = 'Bring the whole file, with the weights beside it where it has such.'
