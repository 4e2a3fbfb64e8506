import { crc32 } from 'node:zlib'

interface Unzipped {
  readonly name: string
  readonly content: Buffer
  /** Whether the name says of itself that it is UTF-8. */
  readonly isUtf8: boolean
}

/** Reads a ZIP of stored entries by its directory, as APPNOTE.TXT 6.3 has it. @throws Error where it is not whole */
export function unzip(zip: Buffer): Unzipped[] {
  const end = zip.length - 22
  if (end < 0 || zip.readUInt32LE(end) !== 0x06054b50) throw new Error('The ZIP has no end.')
  let at = zip.readUInt32LE(end + 16)
  return Array.from({ length: zip.readUInt16LE(end + 10) }, () => {
    const [flags, method, crc, size] = [
      zip.readUInt16LE(at + 8),
      zip.readUInt16LE(at + 10),
      zip.readUInt32LE(at + 16),
      zip.readUInt32LE(at + 20),
    ]
    const [nameLength, extraLength] = [zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30)]
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength)
    const local = zip.readUInt32LE(at + 42)
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
    const content = zip.subarray(start, start + size)
    if (method !== 0 || crc32(content) !== crc) throw new Error(`'${name}' is not stored as it is.`)
    at += 46 + nameLength + extraLength
    return { name, content, isUtf8: (flags & 0x800) !== 0 }
  })
}
