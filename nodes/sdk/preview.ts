import type { FileReference, RunContext } from './context.ts'
import { encodeFrame } from './encode.ts'
import type { Image } from './values.ts'

/** Writes the frames of an image to the temporary folder, for clients to show. */
export async function writePreviews(image: Image, context: RunContext, prefix: string): Promise<FileReference[]> {
  const files = []
  for (const frame of image.frames)
    files.push(await context.files.write('temp', prefix, 'png', await encodeFrame(frame)))
  return files
}
