import sharp, { type Sharp } from 'sharp'
import { encodeFrame } from '../pixels/encode.ts'
import { withResolution } from '../pixels/exif-resolution.ts'
import { addJpegMetadata, exifFitsJpeg, type JpegMetadata, xmpFitsJpeg } from '../pixels/jpeg-metadata.ts'
import { encodePng, pngChunk } from '../pixels/png.ts'
import { metadataChunks } from '../pixels/png-metadata.ts'
import { colourSpaceOf, sharpOf } from '../pixels/raw.ts'
import { depthOf, toDepth } from '../pixels/samples.ts'
import { type ResultMetadata, UNSAID } from '../pixels/source-metadata.ts'
import { xmpPacket } from '../pixels/xmp.ts'
import type { Frame } from '../sdk/values.ts'
import { addWebpMetadata, withTexts } from './webp-metadata.ts'

export const FILE_FORMATS = ['jpg', 'webp', 'avif', 'tiff', 'png'] as const

/** How a picture is written. */
export interface Encoding {
  readonly format: (typeof FILE_FORMATS)[number]
  /** Of what loses something, 1 to 100. */
  readonly quality: number
  /** What shows through where a format has no transparency. */
  readonly background: 'white' | 'black'
}

/** By key, as JSON: the graph, and what clients put beside it. */
type Texts = Readonly<Record<string, string>>

export interface Encoded {
  readonly bytes: Uint8Array
  /** For people: what was left out of it. */
  readonly notes: readonly string[]
}

/**
 * A picture as a file, with what its photograph says of itself as far as the format has it. PNG and WebP carry texts as ComfyUI
 * writes them, the others as XMP.
 */
export async function encodeAs(
  frame: Frame,
  { format, quality, background }: Encoding,
  texts: Texts,
  metadata: ResultMetadata,
): Promise<Encoded> {
  const whole = (bytes: Uint8Array): Encoded => ({ bytes, notes: [] })
  if (format === 'png') return whole(await encodeFrame(frame, texts, metadataChunks(metadata)))
  const { exif, rdf, density } = metadata
  const keepsDepth = format === 'tiff' && depthOf(frame.data) === 'uint16'
  const samples = keepsDepth ? frame : toDepth(frame, 'uint8')
  const picture = sharpOf(samples).toColourspace(colourSpaceOf(samples))
  switch (format) {
    case 'webp': {
      const carried = {
        exif: withTexts(withResolution(exif, density), texts),
        xmp: rdf === undefined ? undefined : xmpPacket(rdf),
      }
      return whole(addWebpMetadata(await picture.webp({ quality }).toBuffer(), frame, carried))
    }
    case 'jpg': {
      const { carried, lost } = fittingJpeg(metadata, texts)
      const jpeg = await picture
        .flatten({ background })
        .jpeg({ quality, chromaSubsampling: quality < 90 ? '4:2:0' : '4:4:4' })
        .toBuffer()
      const notes = lost.map((what) => `${what} is too large for a JPEG and was left out`)
      return { bytes: addJpegMetadata(jpeg, carried), notes }
    }
    case 'tiff': {
      const perMillimetre = (density ?? UNSAID) / MILLIMETRES_PER_INCH
      const resolution = { xres: perMillimetre, yres: perMillimetre }
      return whole(
        await withXmp(picture, metadata, texts)
          .tiff({ compression: 'deflate', predictor: 'horizontal', ...resolution })
          .toBuffer(),
      )
    }
    case 'avif':
      return encodeAvif(samples, picture, quality, texts, { ...metadata, exif: withResolution(exif, density) })
  }
}

const MILLIMETRES_PER_INCH = 25.4

/** XMP of a format that has the graph there; undefined where there is nothing to say. */
function xmpOf({ rdf }: ResultMetadata, texts: Texts): string | undefined {
  return rdf === undefined && Object.keys(texts).length === 0 ? undefined : xmpPacket(rdf, texts)
}

function withXmp(picture: Sharp, metadata: ResultMetadata, texts: Texts): Sharp {
  const xmp = xmpOf(metadata, texts)
  return xmp === undefined ? picture : picture.withXmp(xmp)
}

/** What a JPEG can hold: of XMP rather the graph than what the photograph says. */
function fittingJpeg({ exif, rdf, density }: ResultMetadata, texts: Texts): { carried: JpegMetadata; lost: string[] } {
  const lost: string[] = []
  const fitting = exif === undefined || exifFitsJpeg(exif) ? exif : undefined
  if (fitting !== exif) lost.push('the Exif of the photograph')
  const choices = [
    { rdf, texts },
    { rdf: undefined, texts },
    { rdf, texts: {} },
  ]
  const fits = (xmp: string | undefined) => xmp !== undefined && xmpFitsJpeg(xmp)
  const chosen = choices.find((choice) => fits(xmpOf(choice, choice.texts)))
  if (chosen?.rdf !== rdf) lost.push('the XMP of the photograph')
  if (chosen?.texts !== texts && Object.keys(texts).length > 0) lost.push('the graph')
  return { carried: { exif: fitting, xmp: chosen && xmpOf(chosen, chosen.texts), density }, lost }
}

/** Only what a picture has already, sharp writes as Exif: it gets it as a PNG; libvips may refuse what is damaged. */
async function encodeAvif(
  samples: Frame,
  bare: Sharp,
  quality: number,
  texts: Texts,
  metadata: ResultMetadata,
): Promise<Encoded> {
  const encoded = (picture: Sharp) => withXmp(picture, metadata, texts).avif({ quality }).toBuffer()
  if (metadata.exif === undefined) return { bytes: await encoded(bare), notes: [] }
  try {
    const png = await encodePng(samples, [pngChunk('eXIf', metadata.exif)])
    return { bytes: await encoded(sharp(png, { limitInputPixels: false }).keepExif()), notes: [] }
  } catch {
    return { bytes: await encoded(bare), notes: ['the Exif of the photograph is damaged and was left out'] }
  }
}
