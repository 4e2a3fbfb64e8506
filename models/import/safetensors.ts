import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { z } from 'zod'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { invalidCheckpoint } from './failure.ts'
import { elementCount, type Shape } from './stored-tensor.ts'

/** One tensor of a safetensors file; `begin` and `end` count from the start of the file. */
export interface TensorEntry {
  readonly name: string
  readonly type: keyof typeof BYTES_OF
  readonly shape: Shape
  readonly begin: number
  readonly end: number
}

/** A tensor and the file that it lies in. */
export interface LocatedEntry extends TensorEntry {
  readonly file: string
  /** The axes from outermost to innermost, where that is not their own order. */
  readonly order?: readonly number[]
}

/**
 * The tensors of a safetensors file, after checking that its header fits the file: every byte belongs to exactly one
 * tensor. Format: 8 bytes of header length, a JSON header, then the tensors' bytes
 * (https://github.com/huggingface/safetensors, "Format").
 */
export function readSafetensorsHeader(path: string): ReadonlyMap<string, TensorEntry> {
  const size = fileSize(path)
  if (size < LENGTH_BYTES) throw invalidCheckpoint(`${path}: expected at least ${LENGTH_BYTES} bytes, got ${size}.`)
  const length = headerLength(readBytes(path, 0, LENGTH_BYTES), size, path)
  return parseSafetensorsHeader(readBytes(path, LENGTH_BYTES, length), size, path)
}

/** `length` bytes of a file from `position` on. */
export function readBytes(path: string, position: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  const file = open(path)
  try {
    let filled = 0
    while (filled < length) {
      const count = readSync(file, bytes, filled, Math.min(length - filled, LARGEST_READ), position + filled)
      if (count === 0)
        throw invalidCheckpoint(`${path}: expected ${position + length} bytes, got ${position + filled}.`)
      filled += count
    }
  } finally {
    closeSync(file)
  }
  return bytes
}

function open(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? cause.code : cause
    throw invalidCheckpoint(
      `${path}: expected a file that can be read, got ${reason}.`,
      'Let the user that runs this read it.',
      cause,
    )
  }
}

/** Checks a header's JSON against the size of its file; `path` is for messages only. */
function parseSafetensorsHeader(header: Uint8Array, size: number, path: string): ReadonlyMap<string, TensorEntry> {
  const start = LENGTH_BYTES + header.length
  const parsed = headerSchema.safeParse(decodeJson(header, path))
  if (!parsed.success) throw invalidCheckpoint(`${path}: the header is not valid. ${z.prettifyError(parsed.error)}`)
  const entries = Object.entries(parsed.data)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => toEntry(name, value, start, path))
    .sort((a, b) => a.begin - b.begin || a.end - b.end)
  let position = start
  for (const { name, begin, end } of entries) {
    if (begin !== position)
      throw invalidCheckpoint(
        `${path}: tensor ${name} ${begin < position ? 'overlaps another one' : 'leaves a gap before it'}: expected offset ${position}, got ${begin}.`,
      )
    position = end
  }
  if (position !== size) throw invalidCheckpoint(`${path}: expected ${position} bytes by its header, got ${size}.`)
  return new Map(entries.map((entry) => [entry.name, entry]))
}

const LENGTH_BYTES = 8

/** The limit of the reference implementation. */
const LARGEST_HEADER = 100_000_000

/** Node refuses single reads of 2 GiB and more. */
const LARGEST_READ = 2 ** 30

export const BYTES_OF = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
}

const count = z.int().min(0)

const entrySchema = z.strictObject({
  dtype: z.string(),
  shape: z.array(count).max(8),
  data_offsets: z.tuple([count, count]),
})

/** `__metadata__` may hold any text; every other name is a tensor. */
const headerSchema = z
  .record(z.string(), z.unknown())
  .transform(({ __metadata__: _, ...tensors }) => tensors)
  .pipe(z.record(z.string(), entrySchema))

function headerLength(bytes: Uint8Array<ArrayBuffer>, size: number, path: string): number {
  const length = new DataView(bytes.buffer).getBigUint64(0, true)
  const most = Math.min(size - LENGTH_BYTES, LARGEST_HEADER)
  if (length > BigInt(most))
    throw invalidCheckpoint(`${path}: expected a header of at most ${most} bytes, got a length of ${length}.`)
  return Number(length)
}

function toEntry(name: string, value: z.infer<typeof entrySchema>, start: number, path: string): TensorEntry {
  const { dtype: type, shape } = value
  if (!isType(type))
    throw invalidCheckpoint(
      `${path}: expected tensor ${name} as one of ${Object.keys(BYTES_OF).join(', ')}, got ${type}.`,
      TYPE_REMEDY,
    )
  const [begin, end] = value.data_offsets
  const expected = elementCount(shape) * BYTES_OF[type]
  if (end - begin !== expected)
    throw invalidCheckpoint(
      `${path}: tensor ${name}, ${type} [${shape.join(', ')}]: expected ${expected} bytes, got ${end - begin}.`,
    )
  return { name, type, shape, begin: start + begin, end: start + end }
}

function isType(type: string): type is TensorEntry['type'] {
  return Object.hasOwn(BYTES_OF, type)
}

/** What to do about a tensor of a type that is not read; its file is sound. */
export const TYPE_REMEDY = 'Save its tensors as F16 or F32, or get the variant that is: quantised weights are not read.'

function decodeJson(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw invalidCheckpoint(`${path}: the header is not JSON.`, undefined, cause)
  }
}

/** @throws RestorationError `checkpoint_invalid` when there is no file */
export function fileSize(path: string): number {
  try {
    return statSync(path).size
  } catch (cause) {
    throw new RestorationError('checkpoint_invalid', `${path}: expected a file, found none.`, MISSING_REMEDY, { cause })
  }
}

const MISSING_REMEDY =
  'Check the path. A checkpoint is a folder in the Diffusers layout, or an upscaler as .safetensors, .pth or .onnx.'
