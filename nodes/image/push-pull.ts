/** Colours of one level of the pyramid, already multiplied by their weights, which are in 0..1: r, g, b, weight for each pixel. */
interface Level {
  readonly width: number
  readonly height: number
  readonly data: Float32Array
}

/**
 * Continues colours into where they are not known, smoothly and from the nearest that are: push and pull (Gortler et al., The Lumigraph,
 * SIGGRAPH 1996, section 3.4).
 *
 * @param read the weighted colour of a pixel, r, g, b and its weight in 0..1, into a buffer
 * @returns the colour of a pixel for what its own weight leaves open, r, g and b in 0..1, into a buffer; black where nothing is known at all
 */
export function pushPull(
  width: number,
  height: number,
  read: (pixel: number, into: Float32Array) => void,
): (pixel: number, into: Float32Array) => void {
  const levels = [halved(width, height, read)]
  for (let level = levels[0]!; level.width * level.height > 1; level = levels.at(-1)!) {
    levels.push(halved(level.width, level.height, reading(level)))
  }
  const top = levels.at(-1)!.data
  if (top[3]! > 0) top.set(top.map((value) => value / top[3]!))
  for (let i = levels.length - 2; i >= 0; i--) complete(levels[i]!, levels[i + 1]!)
  const coarse = levels[0]!
  return (pixel, into) => between(coarse, pixel % width, Math.floor(pixel / width), into)
}

function reading({ data }: Level): (pixel: number, into: Float32Array) => void {
  return (pixel, into) => {
    for (let c = 0; c < 4; c++) into[c] = data[pixel * 4 + c]!
  }
}

/** Sums of two by two pixels, of which no weight becomes more than one. */
function halved(width: number, height: number, read: (pixel: number, into: Float32Array) => void): Level {
  const half = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) }
  const data = new Float32Array(half.width * half.height * 4)
  const colour = new Float32Array(4)
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      read(pixel, colour)
      const at = ((y >> 1) * half.width + (x >> 1)) * 4
      for (let c = 0; c < 4; c++) data[at + c]! += colour[c]!
    }
  }
  for (let at = 0; at < data.length; at += 4) {
    const weight = data[at + 3]!
    if (weight > 1) for (let c = 0; c < 4; c++) data[at + c]! /= weight
  }
  return { ...half, data }
}

/** Fills what the weights of a level leave open from the complete level above it. */
function complete({ width, height, data }: Level, above: Level): void {
  const colour = new Float32Array(3)
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      const open = 1 - data[at + 3]!
      if (open === 0) continue
      between(above, x, y, colour)
      for (let c = 0; c < 3; c++) data[at + c]! += open * colour[c]!
      data[at + 3] = 1
    }
  }
}

/** The bilinear colour of a level at a pixel of the level below it, which has twice as many on each side. */
function between({ width, height, data }: Level, x: number, y: number, into: Float32Array): void {
  const near = (y >> 1) * width
  const far = beside(y, height) * width
  const [column, next] = [x >> 1, beside(x, width)]
  for (let c = 0; c < 3; c++) {
    const above = 0.75 * data[(near + column) * 4 + c]! + 0.25 * data[(near + next) * 4 + c]!
    const below = 0.75 * data[(far + column) * 4 + c]! + 0.25 * data[(far + next) * 4 + c]!
    into[c] = 0.75 * above + 0.25 * below
  }
}

/** The second nearest pixel of the coarser level. */
function beside(place: number, length: number): number {
  const near = place >> 1
  return Math.min(length - 1, Math.max(0, (place & 1) === 0 ? near - 1 : near + 1))
}
