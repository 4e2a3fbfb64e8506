import sharp from 'sharp'
import { exifOfResult, type Result } from './exif.ts'
import { xmpOfResult } from './xmp.ts'

/** What the file of a picture says of it and of its print. */
export interface SourceMetadata {
  readonly exif?: Uint8Array | undefined
  readonly xmp?: Uint8Array | undefined
  /** Dots per inch. */
  readonly density?: number | undefined
  /** Whether its colours had a profile, or were CMYK, and are sRGB once it is decoded. */
  readonly isConverted: boolean
}

/** What a file of a result may say. */
export interface ResultMetadata {
  /** Without `Exif\0\0`. */
  readonly exif?: Uint8Array | undefined
  /** The element `rdf:RDF`. */
  readonly rdf?: string | undefined
  /** Dots per inch. */
  readonly density?: number | undefined
}

/** Dots per inch that files have which say nothing of it. */
export const UNSAID = 72

/** Reads what a file says; a picture that could be worked on is not lost for what cannot be read of it here. */
export async function readMetadata(file: Uint8Array): Promise<SourceMetadata> {
  try {
    const { exif, xmp, icc, space, density = UNSAID } = await sharp(file, { limitInputPixels: false }).metadata()
    const isConverted = icc !== undefined || space === 'cmyk'
    return { exif, xmp, isConverted, density: density > 0 && density !== UNSAID ? density : undefined }
  } catch {
    return { isConverted: false }
  }
}

/**
 * Exif, XMP and resolution of a photograph as they fit its result. What they say of the colours is made right where these had
 * a profile, or were CMYK, and are sRGB now; without a profile they stay as they were, and what Exif says is all there is to know
 * of them.
 */
export function metadataOfResult(
  { exif, xmp, density, isConverted }: SourceMetadata,
  { width, height, keepsPlace }: Omit<Result, 'isConverted'>,
): ResultMetadata {
  const result = { width, height, isConverted, keepsPlace }
  return {
    exif: exif === undefined ? undefined : exifOfResult(exif, result),
    rdf: xmp === undefined ? undefined : xmpOfResult(xmp, result),
    density,
  }
}
