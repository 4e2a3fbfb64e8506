import type { FileReference, RunContext } from '../sdk/context.ts'
import type { Image } from '../sdk/values.ts'
import { encodeFrame } from './encode.ts'

/** Writes the frames of an image to the temporary folder, for clients to show. */
export async function writePreviews(image: Image, context: RunContext, prefix: string): Promise<FileReference[]> {
  const files = []
  for (const frame of image.frames)
    files.push(await context.files.write('temp', prefix, 'png', await encodeFrame(frame)))
  return files
}
