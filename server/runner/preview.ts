import { colourSpaceOf, sharpOf } from '../../nodes/pixels/raw.ts'
import { toDepth, toRgb } from '../../nodes/pixels/samples.ts'
import type { Frame } from '../../nodes/sdk/values.ts'

const LONGEST_SIDE = 512

/** A small JPEG of a frame, for clients to show while a node runs. */
export async function encodePreview(frame: Frame): Promise<Uint8Array> {
  const shown = toDepth(toRgb(frame), 'uint8')
  return sharpOf(shown)
    .resize({ width: LONGEST_SIDE, height: LONGEST_SIDE, fit: 'inside', withoutEnlargement: true })
    .toColourspace(colourSpaceOf(shown))
    .jpeg({ quality: 85 })
    .toBuffer()
}
