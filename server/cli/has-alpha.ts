/**
 * Whether anything shows through. A JPEG has no alpha; for the others sharp loads, and many PNGs have one that is opaque
 * throughout. What it cannot read is refused by the run, which says why.
 */
export async function hasAlpha(bytes: Uint8Array, maxPixels: number): Promise<boolean> {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return false
  const { default: sharp } = await import('sharp')
  // Of a damaged one, too, something may show through.
  const failOn = 'none'
  try {
    if (!(await sharp(bytes, { limitInputPixels: false, failOn }).metadata()).hasAlpha) return false
  } catch {
    return false
  }
  // Decodes it: only what the run would decode as well.
  const stats = sharp(bytes, { limitInputPixels: maxPixels, animated: true, failOn }).stats()
  return stats.then(
    ({ isOpaque }) => !isOpaque,
    () => true,
  )
}
