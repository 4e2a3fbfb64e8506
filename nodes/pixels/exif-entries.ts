import { ASCII, entriesOf, openTiff, RATIONAL, SHORT, TIFF_ENTRY } from '../sdk/tiff.ts'

/** What may be said in an entry: a text, a small whole number, or a fraction. */
export type ExifValue = string | number | readonly [numerator: number, denominator: number]

/** Of a big-endian TIFF whose first directory comes next, all that is before that (TIFF 6.0, section 2). */
const EMPTY = Uint8Array.of(0x4d, 0x4d, 0, 0x2a, 0, 0, 0, 8)

/** The tags of the first directory of Exif. */
export function exifTags(exif: Uint8Array | undefined): ReadonlySet<number> {
  const tiff = exif === undefined ? undefined : openTiff(exif)
  return new Set(tiff === undefined ? [] : Array.from(entriesOf(tiff, tiff.first), ({ tag }) => tag))
}

/**
 * Exif with further entries in its first directory, which is written anew behind all else; what was there stays in its place.
 * Texts are written as Latin-1, numbers as SHORT, fractions as RATIONAL.
 * @param additions by tags that it does not have
 */
export function addExifEntries(exif: Uint8Array = EMPTY, additions: ReadonlyMap<number, ExifValue>): Uint8Array {
  const tiff = openTiff(exif) ?? openTiff(EMPTY)!
  const { isLittle } = tiff
  const start = evenly(tiff.bytes.length)
  const old = Array.from(entriesOf(tiff, tiff.first), ({ tag, at }) => ({
    tag,
    entry: tiff.bytes.subarray(at, at + TIFF_ENTRY),
  }))
  const count = old.length + additions.size
  let end = start + 2 + count * TIFF_ENTRY + 4
  const values: { readonly at: number; readonly bytes: Uint8Array }[] = []
  const added = Array.from(additions, ([tag, said]) => {
    const { type, count, bytes } = encoded(said, isLittle)
    const entry = Buffer.alloc(TIFF_ENTRY)
    const view = new DataView(entry.buffer, entry.byteOffset, TIFF_ENTRY)
    view.setUint16(0, tag, isLittle)
    view.setUint16(2, type, isLittle)
    view.setUint32(4, count, isLittle)
    if (bytes.length <= 4) entry.set(bytes, 8)
    else {
      view.setUint32(8, end, isLittle)
      values.push({ at: end, bytes })
      end = evenly(end + bytes.length)
    }
    return { tag, entry }
  })
  const result = Buffer.alloc(end)
  const view = new DataView(result.buffer, result.byteOffset, end)
  result.set(tiff.bytes)
  view.setUint32(4, start, isLittle)
  view.setUint16(start, count, isLittle)
  for (const [i, { entry }] of [...old, ...added].sort((a, b) => a.tag - b.tag).entries())
    result.set(entry, start + 2 + i * TIFF_ENTRY)
  for (const { at, bytes } of values) result.set(bytes, at)
  return result
}

interface Encoded {
  readonly type: number
  readonly count: number
  readonly bytes: Uint8Array
}

function encoded(said: ExifValue, isLittle: boolean): Encoded {
  if (typeof said === 'string') {
    const bytes = Buffer.from(`${said}\0`, 'latin1')
    return { type: ASCII, count: bytes.length, bytes }
  }
  const bytes = Buffer.alloc(typeof said === 'number' ? 2 : 8)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (typeof said === 'number') {
    view.setUint16(0, said, isLittle)
    return { type: SHORT, count: 1, bytes }
  }
  for (const [i, part] of said.entries()) view.setUint32(4 * i, part, isLittle)
  return { type: RATIONAL, count: 1, bytes }
}

/** Values begin at even places. */
function evenly(place: number): number {
  return place + (place % 2)
}
