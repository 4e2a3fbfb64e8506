import { entriesOf, openTiff, TIFF_ENTRY, type Tiff } from '../graph/tiff.ts'

/** Tags of TIFF and Exif (TIFF 6.0, CIPA DC-008) that are of the pixels, not of the photograph. */
const ORIENTATION = 0x0112
const EXIF_FOLDER = 0x8769
const COLOUR_SPACE = 0xa001
const PIXEL_WIDTH = 0xa002
const PIXEL_HEIGHT = 0xa003
const INTEROPERABILITY_FOLDER = 0xa005
const INTEROPERABILITY_INDEX = 0x0001

const SRGB = 1
/** Interoperability indices as their four bytes (CIPA DC-009): Adobe RGB, and sRGB. */
const R03 = 0x52303300
const R98 = 0x52393800

const SHORT = 3
const LONG = 4

/** What of a result its Exif tells. */
export interface Restored {
  readonly width: number
  readonly height: number
  /** Whether its colours were brought from another space to sRGB. */
  readonly isConverted: boolean
}

/**
 * Exif as it fits a picture that was turned upright and has another size: without the preview, all else as it was.
 * @param exif with or without the `Exif\0\0` that JPEG puts before it
 * @returns a copy without that prefix; undefined where it cannot be read
 */
export function exifOfResult(exif: Uint8Array, { width, height, isConverted }: Restored): Uint8Array | undefined {
  const tiff = openTiff(Uint8Array.from(exif))
  if (tiff === undefined) return undefined
  const { bytes, view, isLittle, first } = tiff
  try {
    let inner: number | undefined
    for (const { tag, at, value } of entriesOf(tiff, first)) {
      if (tag === ORIENTATION) set(tiff, at, 1)
      if (tag === EXIF_FOLDER) inner = value
    }
    for (const { tag, at, value } of inner === undefined ? [] : entriesOf(tiff, inner)) {
      if (tag === PIXEL_WIDTH) set(tiff, at, width)
      if (tag === PIXEL_HEIGHT) set(tiff, at, height)
      if (tag === COLOUR_SPACE && isConverted) set(tiff, at, SRGB)
      if (tag === INTEROPERABILITY_FOLDER && isConverted) sayStandard(tiff, value)
    }
    // The second folder is that of the preview.
    view.setUint32(first + 2 + view.getUint16(first, isLittle) * TIFF_ENTRY, 0, isLittle)
    return bytes
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Changes Adobe RGB to sRGB in the index of interoperability, which comes first; a folder that is damaged stays as it is. */
function sayStandard(tiff: Tiff, folder: number): void {
  const [index] = entriesOf(tiff, folder)
  if (index?.tag !== INTEROPERABILITY_INDEX) return
  if (tiff.view.getUint32(index.at + 8) === R03) tiff.view.setUint32(index.at + 8, R98)
}

/** Makes an entry one whole number. */
function set({ view, isLittle }: Tiff, at: number, value: number): void {
  const isShort = value < 0x10000 && view.getUint16(at + 2, isLittle) === SHORT
  view.setUint16(at + 2, isShort ? SHORT : LONG, isLittle)
  view.setUint32(at + 4, 1, isLittle)
  view.setUint32(at + 8, 0, isLittle)
  if (isShort) view.setUint16(at + 8, value, isLittle)
  else view.setUint32(at + 8, value, isLittle)
}
