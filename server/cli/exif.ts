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

const ENTRY = 12
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
  const hasPrefix = Buffer.from(exif.subarray(0, 6)).equals(Buffer.from('Exif\0\0', 'latin1'))
  const copy = Uint8Array.from(hasPrefix ? exif.subarray(6) : exif)
  const view = new DataView(copy.buffer)
  try {
    const order = view.getUint16(0)
    if (order !== 0x4949 && order !== 0x4d4d) return undefined
    const little = order === 0x4949
    const first = view.getUint32(4, little)
    let inner: number | undefined
    for (const { tag, at } of entries(view, first, little)) {
      if (tag === ORIENTATION) set(view, at, 1, little)
      if (tag === EXIF_FOLDER) inner = view.getUint32(at + 8, little)
    }
    for (const { tag, at } of inner === undefined ? [] : entries(view, inner, little)) {
      if (tag === PIXEL_WIDTH) set(view, at, width, little)
      if (tag === PIXEL_HEIGHT) set(view, at, height, little)
      if (tag === COLOUR_SPACE && isConverted) set(view, at, SRGB, little)
      if (tag === INTEROPERABILITY_FOLDER && isConverted) sayStandard(view, view.getUint32(at + 8, little), little)
    }
    // The second folder is that of the preview.
    view.setUint32(first + 2 + view.getUint16(first, little) * ENTRY, 0, little)
    return copy
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function* entries(view: DataView, folder: number, little: boolean): Generator<{ tag: number; at: number }> {
  const count = view.getUint16(folder, little)
  for (let i = 0; i < count; i++) {
    const at = folder + 2 + i * ENTRY
    yield { tag: view.getUint16(at, little), at }
  }
}

/** Changes Adobe RGB to sRGB in the index of interoperability, which comes first; a folder that is damaged stays as it is. */
function sayStandard(view: DataView, folder: number, little: boolean): void {
  const at = folder + 2
  if (at + ENTRY > view.byteLength || view.getUint16(at, little) !== INTEROPERABILITY_INDEX) return
  if (view.getUint32(at + 8) === R03) view.setUint32(at + 8, R98)
}

/** Makes an entry one whole number. */
function set(view: DataView, at: number, value: number, little: boolean): void {
  const isShort = value < 0x10000 && view.getUint16(at + 2, little) === SHORT
  view.setUint16(at + 2, isShort ? SHORT : LONG, little)
  view.setUint32(at + 4, 1, little)
  view.setUint32(at + 8, 0, little)
  if (isShort) view.setUint16(at + 8, value, little)
  else view.setUint32(at + 8, value, little)
}
