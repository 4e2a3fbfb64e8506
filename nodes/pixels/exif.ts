import { ASCII, entriesOf, LONG, openTiff, SHORT, TIFF_ENTRY, type Tiff, type TiffEntry } from '../sdk/tiff.ts'

/** What of a result its metadata tells. */
export interface Result {
  readonly width: number
  readonly height: number
  /** Whether the colours of its source had a profile, or were CMYK, and are sRGB now. */
  readonly isConverted: boolean
  /** Whether it may say where the picture was taken. */
  readonly keepsPlace: boolean
}

/** Tags of TIFF and Exif (TIFF 6.0, CIPA DC-008) that are of the pixels or of the place, not of the photograph. */
const IMAGE_WIDTH = 0x0100
const IMAGE_HEIGHT = 0x0101
const ORIENTATION = 0x0112
const PREVIEW_START = 0x0201
const PREVIEW_LENGTH = 0x0202
const EXIF_FOLDER = 0x8769
const PLACE_FOLDER = 0x8825
const MAKER_NOTE = 0x927c
const COLOUR_SPACE = 0xa001
const PIXEL_WIDTH = 0xa002
const PIXEL_HEIGHT = 0xa003
const INTEROPERABILITY_FOLDER = 0xa005
const INTEROPERABILITY_INDEX = 0x0001

const UPRIGHT = 1
const SRGB = 1
/** Interoperability indices as their four bytes (CIPA DC-009): Adobe RGB, and sRGB. */
const R03 = 0x52303300
const R98 = 0x52393800

/** Bytes of a value by its type, from 1 on (TIFF 6.0, section 2). */
const SIZES: readonly (number | undefined)[] = [undefined, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8]

/** The first bytes of a JPEG. */
const JPEG = 0xffd8

/** Bytes that nothing refers to any more, `to` is the first behind them. */
interface Dead {
  readonly from: number
  readonly to: number
}

/**
 * Exif as it fits a picture that was turned upright and has another size: without the preview, the graphs that made it and what is cut off, all else
 * as it was, and where it was, since the notes of cameras refer to each other by their place. Without the place also these notes go,
 * which nobody but their makers can read.
 * @param exif with or without the `Exif\0\0` that JPEG puts before it
 * @returns a copy without that prefix; undefined where it cannot be read, or says nothing
 */
export function exifOfResult(
  exif: Uint8Array,
  { width, height, isConverted, keepsPlace }: Result,
): Uint8Array | undefined {
  const tiff = openTiff(Uint8Array.from(exif))
  if (tiff === undefined) return undefined
  const { bytes, view, isLittle, first } = tiff
  try {
    const dead = previewIn(tiff)
    let inner: number | undefined
    for (const { tag, at, value } of entriesOf(tiff, first)) {
      if (tag === ORIENTATION) set(tiff, at, UPRIGHT)
      if (tag === IMAGE_WIDTH) set(tiff, at, width)
      if (tag === IMAGE_HEIGHT) set(tiff, at, height)
      if (tag === EXIF_FOLDER) inner = value
      if (tag === PLACE_FOLDER && !keepsPlace) dead.push(...folderAt(tiff, value))
    }
    for (const { tag, at, value } of inner === undefined ? [] : entriesOf(tiff, inner)) {
      if (tag === PIXEL_WIDTH) set(tiff, at, width)
      if (tag === PIXEL_HEIGHT) set(tiff, at, height)
      if (tag === COLOUR_SPACE && isConverted) set(tiff, at, SRGB)
      if (tag === INTEROPERABILITY_FOLDER && isConverted) sayStandard(tiff, value)
    }
    const leaveOut = (folder: number, isOut: (entry: TiffEntry) => boolean) =>
      dead.push(...withoutEntries(tiff, folder, (entry) => isOut(entry) || !isWhole(tiff, entry)))
    leaveOut(first, (entry) => (entry.tag === PLACE_FOLDER && !keepsPlace) || isGraph(tiff, entry))
    if (inner !== undefined) leaveOut(inner, ({ tag }) => tag === MAKER_NOTE && !keepsPlace)
    const count = view.getUint16(first, isLittle)
    // The second folder is that of the preview.
    view.setUint32(first + 2 + count * TIFF_ENTRY, 0, isLittle)
    return count === 0 ? undefined : withoutDead(bytes, dead)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Whether it is a text by which ComfyUI, and we, find the graph in a WebP; the result has that which made it. */
function isGraph({ bytes }: Tiff, { type, count, value }: TiffEntry): boolean {
  if (type !== ASCII || count <= 4) return false
  const start = Buffer.from(bytes.subarray(value, value + Math.min(count, 100))).toString('latin1')
  return /^(prompt|workflow):|^[a-z_][\w.-]{0,78}:\{/i.test(start)
}

/** The preview of the second folder, if it is one: a place that is wrong would be something else's. */
function previewIn(tiff: Tiff): Dead[] {
  const { bytes, view, isLittle, first } = tiff
  const second = view.getUint32(first + 2 + view.getUint16(first, isLittle) * TIFF_ENTRY, isLittle)
  if (second === 0) return []
  const values = new Map(Array.from(entriesOf(tiff, second), ({ tag, value }) => [tag, value]))
  const [from, length] = [values.get(PREVIEW_START), values.get(PREVIEW_LENGTH)]
  if (from === undefined || length === undefined || from + 2 > bytes.length || view.getUint16(from) !== JPEG) return []
  return [{ from, to: from + length }]
}

/** A folder and all that its entries refer to. */
function folderAt(tiff: Tiff, folder: number): Dead[] {
  const entries = [...entriesOf(tiff, folder)]
  return [{ from: folder, to: folder + 2 + entries.length * TIFF_ENTRY + 4 }, ...valuesOf(tiff, entries)]
}

/** Bytes of the value of an entry. */
function sizeOf({ type, count }: TiffEntry): number {
  return (SIZES[type] ?? 0) * count
}

/** Whether the value of an entry is there. */
function isWhole({ bytes }: Tiff, entry: TiffEntry): boolean {
  const size = sizeOf(entry)
  return size <= 4 || entry.value + size <= bytes.length
}

/** Where the values of entries are that are not in these. */
function valuesOf(tiff: Tiff, entries: readonly TiffEntry[]): Dead[] {
  const outside = entries.filter((entry) => sizeOf(entry) > 4 && isWhole(tiff, entry))
  return outside.map((entry) => ({ from: entry.value, to: entry.value + sizeOf(entry) }))
}

/** Takes entries out of a folder. @returns what they referred to */
function withoutEntries(tiff: Tiff, folder: number, isOut: (entry: TiffEntry) => boolean): Dead[] {
  const { bytes, view, isLittle } = tiff
  const entries = [...entriesOf(tiff, folder)]
  const out = new Set(entries.filter(isOut))
  if (out.size === 0) return []
  const behind = folder + 2 + entries.length * TIFF_ENTRY
  const next = view.getUint32(behind, isLittle)
  let at = folder + 2
  for (const entry of entries.filter((one) => !out.has(one))) {
    bytes.copyWithin(at, entry.at, entry.at + TIFF_ENTRY)
    at += TIFF_ENTRY
  }
  view.setUint16(folder, entries.length - out.size, isLittle)
  view.setUint32(at, next, isLittle)
  return [{ from: at + 4, to: behind + 4 }, ...valuesOf(tiff, [...out])]
}

/** Makes zeros of what is dead, and cuts it off at the end. @throws RangeError where it lies on itself, as in no true file */
function withoutDead(bytes: Uint8Array, dead: readonly Dead[]): Uint8Array {
  let left = bytes.length
  let end = bytes.length
  for (const { from, to } of dead.toSorted((a, b) => b.to - a.to)) {
    left -= Math.max(0, Math.min(to, bytes.length) - from)
    if (left < 0) throw new RangeError('More is left out than there is.')
    bytes.fill(0, from, to)
    if (to >= end) end = Math.min(end, from)
  }
  return bytes.subarray(0, end)
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
