import type { RunContext } from './context.ts'
import { RestorationError } from './error.ts'
import type { Frame } from './values.ts'

/**
 * @param scale that would do, in words
 * @throws RestorationError `image_too_large` when a picture of this size may not be made
 */
export function checkPixels(
  width: number,
  height: number,
  { maxPixels }: Pick<RunContext, 'maxPixels'>,
  scale = 'a smaller scale',
): void {
  if (width * height <= maxPixels) return
  throw new RestorationError(
    'image_too_large',
    `Expected a picture of at most ${inWords(maxPixels)} but it would have ${inWords(width * height)} (${width} × ${height}).`,
    `Choose ${scale}, or allow more with --max-pixels.`,
  )
}

/** A picture of a batch, and what each of its samples takes in memory. */
export interface BatchedSize {
  readonly width: number
  readonly height: number
  readonly sampleBytes: number
}

/**
 * A batch is held until its last picture is done: together they may take the memory that one of `maxPixels` has in
 * float32, so that of 8 bits there may be four times as many pixels.
 * @param scale that would do for each alone, in words
 * @throws RestorationError `image_too_large` when one of them may not be made, or not all together
 */
export function checkBatch(sizes: readonly BatchedSize[], limits: Pick<RunContext, 'maxPixels'>, scale?: string): void {
  for (const { width, height } of sizes) checkPixels(width, height, limits, scale)
  const sum = (of: (size: BatchedSize) => number) => sizes.reduce((total, size) => total + of(size), 0)
  const pixels = sum(({ width, height }) => width * height)
  const bytes = sum(({ width, height, sampleBytes }) => width * height * sampleBytes)
  const most = Math.floor((limits.maxPixels * Float32Array.BYTES_PER_ELEMENT * pixels) / bytes)
  if (sizes.length === 1 || pixels <= most) return
  throw new RestorationError(
    'image_too_large',
    `Expected pictures of at most ${inWords(most)} together but the ${sizes.length} would have ${inWords(pixels)}.`,
    'Choose a smaller scale or fewer pictures at a time, or allow more with --max-pixels.',
  )
}

/** A number of pixels, told apart from one that is a little larger. */
export function inWords(pixels: number): string {
  return pixels < 1e5 ? `${pixels} pixels` : `${Number((pixels / 1e6).toPrecision(5))} megapixels`
}

/** @throws RestorationError `invalid_input` when two pictures that belong together differ in size */
export function checkSameSize(image: Frame, reference: Frame): void {
  if (image.width === reference.width && image.height === reference.height) return
  throw new RestorationError(
    'invalid_input',
    `Expected a reference of ${image.width} × ${image.height} but received ${reference.width} × ${reference.height}.`,
    'Scale the reference to the size of the picture, for example with ImageScale.',
  )
}

/** @throws RestorationError `invalid_input` when tiles would not advance */
export function checkOverlap(tileSize: number, overlap: number): void {
  if (overlap <= tileSize / 2) return
  throw new RestorationError(
    'invalid_input',
    `Expected an overlap of at most half the tile size (${tileSize / 2}) but received ${overlap}.`,
    'Choose a smaller overlap or a larger tile size.',
  )
}
