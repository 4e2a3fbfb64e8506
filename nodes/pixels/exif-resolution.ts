import { addExifEntries, type ExifValue, exifTags } from './exif-entries.ts'

/** Tags of the resolution, and that it is by the inch (TIFF 6.0, section 8). */
const X_RESOLUTION = 0x011a
const Y_RESOLUTION = 0x011b
const RESOLUTION_UNIT = 0x0128
const INCH = 2

/** Digits after the point that are kept. */
const THOUSANDTHS = 1000

/** Exif that says the dots per inch, for formats that have no other place for it. */
export function withResolution(exif: Uint8Array | undefined, density: number | undefined): Uint8Array | undefined {
  if (density === undefined) return exif
  const said = exifTags(exif)
  const resolution = [Math.round(density * THOUSANDTHS), THOUSANDTHS] as const
  const entries = new Map<number, ExifValue>([
    [X_RESOLUTION, resolution],
    [Y_RESOLUTION, resolution],
    [RESOLUTION_UNIT, INCH],
  ])
  return [...entries.keys()].some((tag) => said.has(tag)) ? exif : addExifEntries(exif, entries)
}
