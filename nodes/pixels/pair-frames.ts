import { RestorationError } from '../sdk/error.ts'
import type { Frame, Image } from '../sdk/values.ts'

/**
 * Each frame with the reference that it is measured against; a single reference serves all.
 * @throws RestorationError `invalid_input` when the batches do not fit
 */
export function pairFrames(image: Image, reference: Image): readonly (readonly [Frame, Frame])[] {
  const { frames } = image
  const { frames: references } = reference
  if (references.length !== 1 && references.length !== frames.length) {
    throw new RestorationError(
      'invalid_input',
      `Expected one reference or ${frames.length}, as many as pictures, but received ${references.length}.`,
      'Give a single reference, or a batch of as many as there are pictures.',
    )
  }
  return frames.map((frame, i) => [frame, references[references.length === 1 ? 0 : i]!])
}
