/** What Exif is laid out as (TIFF 6.0, section 2). */
export interface Tiff {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly isLittle: boolean
  /** Where its first directory is. */
  readonly first: number
}

/** An entry of a directory. */
export interface TiffEntry {
  /** Where it is. */
  readonly at: number
  readonly tag: number
  readonly type: number
  readonly count: number
  /** Its value where that has four bytes, else where it is. */
  readonly value: number
}

/** Types of values (TIFF 6.0, section 2): a text, whole numbers of 16 and of 32 bits, and a fraction of two of the latter. */
export const ASCII = 2
export const SHORT = 3
export const LONG = 4
export const RATIONAL = 5

/** Bytes of an entry. */
export const TIFF_ENTRY = 12
const HEADER = 8
const PREFIX = [...'Exif\0\0'].map((letter) => letter.charCodeAt(0))

/** Exif with or without the `Exif\0\0` that JPEG puts before it; undefined for what is none. */
export function openTiff(exif: Uint8Array): Tiff | undefined {
  const bytes = PREFIX.every((byte, i) => exif[i] === byte) ? exif.subarray(PREFIX.length) : exif
  if (bytes.length < HEADER) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const order = view.getUint32(0)
  if (order !== 0x4d4d002a && order !== 0x49492a00) return undefined
  const isLittle = order === 0x49492a00
  return { bytes, view, isLittle, first: view.getUint32(4, isLittle) }
}

/** The entries of a directory, as far as the bytes reach. */
export function* entriesOf({ view, isLittle }: Tiff, directory: number): Generator<TiffEntry> {
  if (directory + 2 > view.byteLength) return
  const count = view.getUint16(directory, isLittle)
  for (let i = 0, at = directory + 2; i < count && at + TIFF_ENTRY <= view.byteLength; i++, at += TIFF_ENTRY) {
    yield {
      at,
      tag: view.getUint16(at, isLittle),
      type: view.getUint16(at + 2, isLittle),
      count: view.getUint32(at + 4, isLittle),
      value: view.getUint32(at + 8, isLittle),
    }
  }
}
