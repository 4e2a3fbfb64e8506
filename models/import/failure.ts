import { RestorationError } from '../../nodes/sdk/error.ts'

const REMEDY =
  'Check that the download is complete, and that it is a folder in the Diffusers layout (unet/, vae/) or the file of an upscaler (docs/models.md).'

/** A checkpoint that cannot be imported: which place, what was expected, what came. */
export function invalidCheckpoint(message: string, remedy: string = REMEDY, cause?: unknown): RestorationError {
  return new RestorationError('checkpoint_invalid', message, remedy, { cause })
}
