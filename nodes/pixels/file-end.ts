import type { Metadata } from 'sharp'
import { openTiff, TIFF_ENTRY } from '../sdk/tiff.ts'

/** A file that is read, and whether it names a picture more than there are. */
interface Ended {
  readonly file: Uint8Array
  readonly isCutBetween: boolean
}

/** A file with the end that it may lack: without one libvips complains of all that is there, too. */
export function withEnd(bytes: Uint8Array, { format, pages = 1 }: Pick<Metadata, 'format' | 'pages'>): Ended {
  if (format === 'jpeg') return { file: Buffer.concat([bytes, END_OF_JPEG]), isCutBetween: false }
  const end = format === 'tiff' ? nextDirectory(bytes, pages) : undefined
  if (end === undefined) return { file: bytes, isCutBetween: false }
  return { file: Uint8Array.from(bytes).fill(0, end, end + 4), isCutBetween: true }
}

/** A JPEG that lacks no more than its last two bytes is whole with these; another ends before them. */
const END_OF_JPEG = Uint8Array.of(0xff, 0xd9)

/**
 * Where the last of so many directories, which are all that can be read, says where the next one is (TIFF 6.0, section 2); undefined
 * where it says that there is none.
 */
function nextDirectory(bytes: Uint8Array, pages: number): number | undefined {
  const tiff = openTiff(bytes)
  if (tiff === undefined) return undefined
  const { view, isLittle } = tiff
  let at = 4
  for (let page = 0; page < pages; page++) {
    const directory = view.getUint32(at, isLittle)
    if (directory + 2 > bytes.length) return undefined
    at = directory + 2 + TIFF_ENTRY * view.getUint16(directory, isLittle)
    if (at + 4 > bytes.length) return undefined
  }
  return view.getUint32(at, isLittle) === 0 ? undefined : at
}
