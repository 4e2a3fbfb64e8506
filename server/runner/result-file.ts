import { constants } from 'node:buffer'
import { type FileHandle, open, rename, unlink } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { aligned, type Packed, pack, unpack } from './result-codec.ts'

/**
 * A value in a file: `GRES`, the length of the text, the text, the samples, each at a multiple of 16 bytes, and the CRC-32
 * of all of it; numbers are 32 bits, little-endian.
 */
const MAGIC = 0x53455247
const HEAD = 16
const TAIL = 4
/** What is read, written and summed up at once, so that the thread does other things in between. */
const PIECE = 4 << 20

/** What a value will take as a file; undefined where it is not all data. */
export function packed(value: unknown): { readonly packed: Packed; readonly bytes: number } | undefined {
  const made = pack(value)
  if (made === undefined) return undefined
  const text = Buffer.byteLength(made.text)
  let end = 0
  for (const part of made.parts) end = aligned(end) + part.length
  const bytes = aligned(HEAD + text) + end + TAIL
  return bytes > constants.MAX_LENGTH ? undefined : { packed: made, bytes }
}

/** Writes a value whole or not at all: first beside its place, under a name that ends in `.part`. */
export async function writeResult(path: string, { text, parts }: Packed): Promise<void> {
  const draft = `${path}.${process.pid}.part`
  const file = await open(draft, 'w')
  try {
    const writer = new Writer(file)
    const body = Buffer.from(text)
    const head = Buffer.alloc(HEAD)
    head.writeUInt32LE(MAGIC, 0)
    head.writeUInt32LE(body.length, 4)
    await writer.write(head)
    await writer.write(body)
    await writer.pad()
    for (const part of parts) {
      await writer.pad()
      await writer.write(part)
    }
    const tail = Buffer.alloc(TAIL)
    tail.writeUInt32LE(writer.sum, 0)
    await writer.write(tail)
    await file.close()
    await rename(draft, path)
  } catch (error) {
    await file.close().catch(() => {})
    await unlink(draft).catch(() => {})
    throw error
  }
}

/** The value of a file; its samples share one buffer. @throws Error when the file is gone, cut off or not as it was */
export async function readResult(path: string): Promise<unknown> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    if (size < HEAD + TAIL) throw new Error('the file is cut off')
    const bytes = Buffer.from(new ArrayBuffer(size))
    const sum = await readSummed(file, bytes)
    if (bytes.readUInt32LE(size - TAIL) !== sum) throw new Error('the file is not as it was written')
    if (bytes.readUInt32LE(0) !== MAGIC) throw new Error('the file is none of a result')
    const length = bytes.readUInt32LE(4)
    const start = aligned(HEAD + length)
    return unpack(bytes.toString('utf8', HEAD, HEAD + length), bytes.subarray(start, size - TAIL))
  } finally {
    await file.close()
  }
}

/** Reads a whole file. @returns the checksum of all but its tail */
async function readSummed(file: FileHandle, bytes: Buffer): Promise<number> {
  const end = bytes.length - TAIL
  let sum = 0
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, at, Math.min(PIECE, bytes.length - at), at)
    if (bytesRead === 0) throw new Error('the file is cut off')
    sum = crc32(bytes.subarray(at, Math.min(at + bytesRead, end)), sum)
    at += bytesRead
  }
  return sum
}

class Writer {
  readonly #file: FileHandle
  #end = 0
  sum = 0

  constructor(file: FileHandle) {
    this.#file = file
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + PIECE)
      const { bytesWritten } = await this.#file.write(piece, 0, piece.length, this.#end)
      this.sum = crc32(piece.subarray(0, bytesWritten), this.sum)
      this.#end += bytesWritten
      at += bytesWritten
    }
  }

  async pad(): Promise<void> {
    await this.write(new Uint8Array(aligned(this.#end) - this.#end))
  }
}
