import { fullScale } from '../pixels/samples.ts'
import type { Frame } from '../sdk/values.ts'
import {
  areaOf,
  areaWithin,
  contains,
  convexHull,
  inset,
  type Point,
  sidesOf,
  smallestBox,
  type TurnedBox,
} from './turned-box.ts'

/** It is looked at on a grid of at most so many points a side. */
const GRID = 1000

/** Levels of 255 by which an even margin may differ from its colour, as Crop to Content has it. */
const TOLERANCE = 12 / 255

/** The share of a side that has to be of one colour: dust lies on lids, corners of a print that lies askew reach the side. */
const EVEN = 0.85

/** Sides that have to be even: a print may lie in the corner of the glass, but one even side may be a sky. */
const SIDES = 2

/** How much of the smallest rectangle around it a print fills, at least; things before an even ground fill less. */
const RECTANGULAR = 0.95

/** The least share of a picture that is taken for a print. */
const PRINT = 0.1

/** The share of the longer side at each edge of a print that still has to do with what is around it: shadows, blends. */
const BLEND = 0.01

/** A lid, and the paper around a photograph. */
const LAYERS = 2

/**
 * Marks the even margin around a print that was scanned or photographed, also one that lies askew: a lid or a ground, and
 * within it the paper. What is left is always a rectangle, so that a sky which has the margin's colour stays. Undefined
 * where there is none: fewer than two sides of one colour, or what they surround is no rectangle.
 */
export function evenMargin(frame: Frame): Uint8Array | undefined {
  const { width, height } = frame
  const stride = Math.ceil(Math.max(width, height) / GRID)
  const grid = everyNth(frame, stride)
  let print: TurnedBox | undefined
  for (let layer = 0; layer < LAYERS; layer++) {
    const inner = printWithin(grid, print ?? wholeOf(grid))
    if (inner === undefined) break
    print = inner
  }
  if (print === undefined) return undefined
  const margin = new Uint8Array(width * height)
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) if (!contains(print, x / stride, y / stride)) margin[i] = 1
  }
  return margin
}

function everyNth(frame: Frame, stride: number): Frame {
  if (stride === 1) return frame
  const { channels } = frame
  const [width, height] = [Math.ceil(frame.width / stride), Math.ceil(frame.height / stride)]
  const data = frame.data.slice(0, width * height * channels)
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * stride * frame.width + x * stride) * channels
      for (let c = 0; c < channels; c++) data[to++] = frame.data[from + c]!
    }
  }
  return { width, height, channels, data }
}

function wholeOf({ width, height }: Frame): TurnedBox {
  return { cos: 1, sin: 0, along: [0, width - 1], across: [0, height - 1] }
}

/** What an even margin along the sides of a box surrounds, where it is a rectangle. */
function printWithin(frame: Frame, box: TurnedBox): TurnedBox | undefined {
  const { width, height } = frame
  const isMargin = marginColours(frame, box)
  if (isMargin === undefined) return undefined
  const rest = new Uint8Array(width * height)
  for (let i = 0; i < rest.length; i++) if (contains(box, i % width, Math.floor(i / width))) rest[i] = 1
  for (const pixel of sidesOf(box).flatMap((side) => pixelsAt(frame, side)))
    if (rest[pixel] === 1 && isMargin(pixel)) take(rest, width, pixel, isMargin)
  const hull = convexHull(largestRegion(rest, width))
  const print = smallestBox(hull)
  if (print === undefined || areaOf(print) < PRINT * width * height) return undefined
  if (areaWithin(hull) < RECTANGULAR * areaOf(print)) return undefined
  return inset(print, Math.max(2, BLEND * Math.max(width, height)))
}

/** Whether a pixel has the colour of one of the even sides of a box; undefined where these are too few. */
function marginColours(frame: Frame, box: TurnedBox): ((pixel: number) => boolean) | undefined {
  const { channels, data } = frame
  const limit = TOLERANCE * fullScale(data)
  const isLike = (colour: readonly number[], pixel: number) =>
    colour.every((value, c) => Math.abs(data[pixel * channels + c]! - value) <= limit)
  const colours = sidesOf(box)
    .map((side) => pixelsAt(frame, side))
    .map((pixels) => ({ pixels, colour: medianColour(frame, pixels) }))
    .filter(({ pixels, colour }) => pixels.filter((pixel) => isLike(colour, pixel)).length >= EVEN * pixels.length)
    .map(({ colour }) => colour)
  return colours.length < SIDES ? undefined : (pixel) => colours.some((colour) => isLike(colour, pixel))
}

function medianColour({ channels, data }: Frame, pixels: readonly number[]): number[] {
  return Array.from({ length: channels }, (_, c) => {
    const values = pixels.map((pixel) => data[pixel * channels + c]!).sort((a, b) => a - b)
    return values[Math.floor(values.length / 2)] ?? 0
  })
}

function pixelsAt({ width, height }: Frame, points: readonly Point[]): number[] {
  return points
    .map(([x, y]) => [Math.round(x), Math.round(y)] as const)
    .filter(([x, y]) => x >= 0 && x < width && y >= 0 && y < height)
    .map(([x, y]) => y * width + x)
}

/** The first and last pixel in each line of the largest region of what is marked. */
function largestRegion(marked: Uint8Array, width: number): Point[] {
  const left = marked.slice()
  let largest: number[] = []
  for (let i = 0; i < left.length; i++) {
    if (left[i] === 0) continue
    const region = take(left, width, i)
    if (region.length > largest.length) largest = region
  }
  const ends = new Map<number, [number, number]>()
  for (const pixel of largest) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)]
    const [first, last] = ends.get(y) ?? [x, x]
    ends.set(y, [Math.min(first, x), Math.max(last, x)])
  }
  return [...ends].flatMap(([y, [first, last]]): Point[] => [
    [first, y],
    [last, y],
  ])
}

/** Takes the mark from a pixel and all that hang together with it and are `like` it; these are the result. */
function take(
  marked: Uint8Array,
  width: number,
  seed: number,
  like: (pixel: number) => boolean = () => true,
): number[] {
  const taken = [seed]
  marked[seed] = 0
  for (const pixel of taken) {
    const x = pixel % width
    for (const next of [pixel - width, pixel + width, x > 0 ? pixel - 1 : -1, x < width - 1 ? pixel + 1 : -1]) {
      if (marked[next] !== 1 || !like(next)) continue
      marked[next] = 0
      taken.push(next)
    }
  }
  return taken
}
