import { statSync } from 'node:fs'
import { invalidCheckpoint } from '../failure.ts'
import { readBytes } from '../safetensors.ts'

/** A file inside an archive that is stored as it is. */
export interface ZipEntry {
  readonly name: string
  /** Where its bytes lie in the archive. */
  readonly begin: number
  readonly end: number
}

/**
 * The files of a ZIP archive without compression, which is what torch.save writes (PKWARE APPNOTE 6.3.10, sections 4.3.7,
 * 4.3.12 and 4.3.16). Every file lies within the archive and overlaps no other.
 */
export function readZip(path: string): readonly ZipEntry[] {
  const { size } = statSync(path)
  const tailAt = Math.max(0, size - LONGEST_END)
  const tail = Buffer.from(readBytes(path, tailAt, size - tailAt).buffer)
  const end = tail.lastIndexOf(END_SIGNATURE)
  if (end < 0 || end + END_LENGTH > tail.length) throw damaged(path, 'an end of central directory')
  const count = tail.readUInt16LE(end + 10)
  const length = tail.readUInt32LE(end + 12)
  const offset = tail.readUInt32LE(end + 16)
  if (count === 0xffff || offset === 0xffffffff) throw unsupported(path, 'an archive under 4 GiB', 'a ZIP64 archive')
  if (offset + length > tailAt + end) throw damaged(path, 'a central directory within the file')
  const entries = readDirectory(path, Buffer.from(readBytes(path, offset, length).buffer), count, offset)
  let position = 0
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin)) {
    if (begin < position) throw damaged(path, `${name} not to overlap another file`)
    position = end
  }
  return entries
}

function readDirectory(path: string, directory: Buffer, count: number, limit: number): readonly ZipEntry[] {
  const entries: ZipEntry[] = []
  let at = 0
  for (let index = 0; index < count; index++) {
    if (at + ENTRY_LENGTH > directory.length || directory.readUInt32LE(at) !== ENTRY_SIGNATURE)
      throw damaged(path, `entry ${index} of the central directory`)
    const method = directory.readUInt16LE(at + 10)
    const stored = directory.readUInt32LE(at + 20)
    const original = directory.readUInt32LE(at + 24)
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => directory.readUInt16LE(at + field))
    const local = directory.readUInt32LE(at + 42)
    const name = directory.toString('utf8', at + ENTRY_LENGTH, at + ENTRY_LENGTH + nameLength!)
    at += ENTRY_LENGTH + nameLength! + extraLength! + commentLength!
    if (method !== 0 || stored !== original) throw unsupported(path, `${name} without compression`, `method ${method}`)
    entries.push({ name, ...dataOf(path, name, local, stored, limit) })
  }
  return entries
}

/** The local header's name and extra field may be longer than the directory says. */
function dataOf(path: string, name: string, local: number, length: number, limit: number) {
  if (local + LOCAL_LENGTH > limit) throw damaged(path, `${name} within the file`)
  const header = Buffer.from(readBytes(path, local, LOCAL_LENGTH).buffer)
  if (header.readUInt32LE(0) !== LOCAL_SIGNATURE) throw damaged(path, `a header before ${name}`)
  const begin = local + LOCAL_LENGTH + header.readUInt16LE(26) + header.readUInt16LE(28)
  if (begin + length > limit) throw damaged(path, `${name} within the file`)
  return { begin, end: begin + length }
}

const LOCAL_SIGNATURE = 0x04034b50
const ENTRY_SIGNATURE = 0x02014b50
const END_SIGNATURE = Uint8Array.of(0x50, 0x4b, 0x05, 0x06)
const LOCAL_LENGTH = 30
const ENTRY_LENGTH = 46
const END_LENGTH = 22

/** The end record may be followed by a comment of 65535 bytes. */
const LONGEST_END = END_LENGTH + 0xffff

function damaged(path: string, expected: string): Error {
  return invalidCheckpoint(`${path}: expected ${expected}.`, 'The file is damaged or incomplete; get it again.')
}

function unsupported(path: string, expected: string, actual: string): Error {
  return invalidCheckpoint(`${path}: expected ${expected}, got ${actual}.`, 'Save the weights as safetensors.')
}
