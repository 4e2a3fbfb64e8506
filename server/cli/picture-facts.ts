import type { Metadata } from 'sharp'

export interface PictureFacts {
  /** Of all its pages; 0 where sharp cannot read it. */
  readonly pixels: number
  /** Whether anything shows through: many PNGs have an alpha that is opaque throughout. */
  readonly hasAlpha: boolean
}

/**
 * What a picture is, before it is restored. What cannot be read is refused by the run, which says why.
 * @param maxPixels of a picture that the run would decode
 */
export async function pictureFacts(bytes: Uint8Array, maxPixels: number): Promise<PictureFacts> {
  const { default: sharp } = await import('sharp')
  // Of a damaged one, too, something may show through.
  const failOn = 'none'
  let facts: Metadata
  try {
    // Of an empty file, sharp is not even made.
    facts = await sharp(bytes, { limitInputPixels: false, failOn }).metadata()
  } catch {
    return { pixels: 0, hasAlpha: false }
  }
  const pixels = facts.width * facts.height * (facts.pages ?? 1)
  if (!facts.hasAlpha) return { pixels, hasAlpha: false }
  // Decodes it: only what the run would decode as well.
  const stats = sharp(bytes, { limitInputPixels: maxPixels, animated: true, failOn }).stats()
  return stats.then(
    ({ isOpaque }) => ({ pixels, hasAlpha: !isOpaque }),
    () => ({ pixels, hasAlpha: true }),
  )
}
