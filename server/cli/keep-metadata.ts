import { pngChunk } from '../../nodes/pixels/png.ts'
import { addPngChunks } from '../../nodes/pixels/png-text.ts'
import { exifOfResult } from './exif.ts'

/** Dots per inch that files have which say nothing of it. */
const UNSAID = 72
const INCHES_PER_METRE = 1 / 0.0254

/**
 * What the file of a photograph says of it and of its print: Exif, XMP and resolution, put into the PNG of its result. What
 * they say of the colours is made right where these had a profile, or were CMYK, and are sRGB now; without a profile they stay
 * as they were, and what Exif says is all there is to know of them.
 */
export async function keepMetadata(png: Uint8Array, source: Uint8Array): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp')
  const header = (bytes: Uint8Array) => sharp(bytes, { limitInputPixels: false }).metadata()
  const [{ exif, xmp, icc, space, density = UNSAID }, { width, height }] = await Promise.all([
    // A picture that could be restored is not lost for what could not be read of it here.
    header(source).catch((): Partial<Awaited<ReturnType<typeof header>>> => ({})),
    header(png),
  ])
  const isConverted = icc !== undefined || space === 'cmyk'
  const fitting = exif === undefined ? undefined : exifOfResult(exif, { width, height, isConverted })
  return addPngChunks(png, [
    ...(density === UNSAID || density <= 0 ? [] : [pngChunk('pHYs', physical(density))]),
    ...(fitting === undefined ? [] : [pngChunk('eXIf', fitting)]),
    ...(xmp === undefined || isOurs(xmp) ? [] : [pngChunk('iTXt', xmpText(xmp, isConverted))]),
  ])
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

/** The graph that made the source; the result has that which made it. */
function isOurs(xmp: Uint8Array): boolean {
  return Buffer.from(xmp).includes('urn:gendr-graph:')
}

/** XMP as text that is not compressed (PNG specification 3rd ed., 11.3.3.4), of an upright picture. */
function xmpText(xmp: Uint8Array, isConverted: boolean): Uint8Array {
  const upright = Buffer.from(xmp)
    .toString('utf8')
    .replace(/(tiff:Orientation(?:="|>))[1-8]/g, '$11')
  return Buffer.from(`XML:com.adobe.xmp\0\0\0\0\0${isConverted ? ofSrgb(upright) : upright}`, 'utf8')
}

/** Without a word of the profile that the colours had. One blank goes with it: a pattern would try each of a run of them. */
function ofSrgb(xmp: string): string {
  return xmp
    .replace(/(exif:ColorSpace(?:="|>))\d+/g, '$11')
    .replace(/(photoshop:ColorMode(?:="|>))\d+/g, '$13')
    .replace(/\sphotoshop:ICCProfile="[^"]*"|<photoshop:ICCProfile>[^<]*<\/photoshop:ICCProfile>/g, '')
}
