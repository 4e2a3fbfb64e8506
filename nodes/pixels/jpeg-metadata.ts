/** What comes before Exif and XMP in their segments of a JPEG (CIPA DC-008, ISO 16684-3). */
const EXIF = 'Exif\0\0'
const XMP = 'http://ns.adobe.com/xap/1.0/\0'

/** Bytes that a segment holds behind its marker, its own length included (ITU-T T.81, B.1.1.4). */
const SEGMENT = 0xffff

const APP0 = 0xffe0
const APP1 = 0xffe1
/** Bytes of the marker that a JPEG begins with. */
const START = 2

export interface JpegMetadata {
  readonly exif?: Uint8Array | undefined
  readonly xmp?: string | undefined
  /** Dots per inch. */
  readonly density?: number | undefined
}

/** Whether Exif fits into a JPEG. */
export function exifFitsJpeg(exif: Uint8Array): boolean {
  return 2 + EXIF.length + exif.length <= SEGMENT
}

/** Whether XMP fits into a JPEG. */
export function xmpFitsJpeg(xmp: string): boolean {
  return 2 + XMP.length + Buffer.byteLength(xmp) <= SEGMENT
}

/** Puts what fits into a JPEG that has no metadata and no header, as sharp writes it. */
export function addJpegMetadata(jpeg: Uint8Array, { exif, xmp, density }: JpegMetadata): Uint8Array {
  return Buffer.concat([
    jpeg.subarray(0, START),
    ...(density === undefined ? [] : [segment(APP0, 'JFIF\0', resolution(density))]),
    ...(exif === undefined ? [] : [segment(APP1, EXIF, exif)]),
    ...(xmp === undefined ? [] : [segment(APP1, XMP, Buffer.from(xmp, 'utf8'))]),
    jpeg.subarray(START),
  ])
}

/** Of version 1.02, dots per inch both ways, and no preview (JFIF 1.02). */
function resolution(density: number): Uint8Array {
  const body = Buffer.of(1, 2, 1, 0, 0, 0, 0, 0, 0)
  const dots = Math.min(0xffff, Math.max(1, Math.round(density)))
  body.writeUInt16BE(dots, 3)
  body.writeUInt16BE(dots, 5)
  return body
}

function segment(marker: number, name: string, body: Uint8Array): Uint8Array {
  const header = Buffer.alloc(4)
  header.writeUInt16BE(marker, 0)
  header.writeUInt16BE(2 + name.length + body.length, 2)
  return Buffer.concat([header, Buffer.from(name, 'latin1'), body])
}
