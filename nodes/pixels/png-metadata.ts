import { pngChunk } from './png.ts'
import type { ResultMetadata } from './source-metadata.ts'
import { xmpPacket } from './xmp.ts'

const INCHES_PER_METRE = 1 / 0.0254

/** The chunks of a PNG that say what a picture says of itself, to go before its pixels. */
export function metadataChunks({ exif, rdf, density }: ResultMetadata): readonly Uint8Array[] {
  return [
    ...(density === undefined ? [] : [pngChunk('pHYs', physical(density))]),
    ...(exif === undefined ? [] : [pngChunk('eXIf', exif)]),
    ...(rdf === undefined ? [] : [pngChunk('iTXt', xmpText(rdf))]),
  ]
}

/** Pixels per metre, both ways (PNG specification 3rd ed., 11.3.4.3). */
function physical(density: number): Uint8Array {
  const data = Buffer.alloc(9)
  const perMetre = Math.round(density * INCHES_PER_METRE)
  data.writeUInt32BE(perMetre, 0)
  data.writeUInt32BE(perMetre, 4)
  data[8] = 1
  return data
}

/** XMP as text that is not compressed (PNG specification 3rd ed., 11.3.3.4). */
function xmpText(rdf: string): Uint8Array {
  return Buffer.from(`XML:com.adobe.xmp\0\0\0\0\0${xmpPacket(rdf)}`, 'utf8')
}
