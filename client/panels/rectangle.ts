import type { NumberParameter } from '../../nodes/sdk/description.ts'
import type { Size } from './viewer-layout.ts'

/** A part of a picture, in its pixels. */
export interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** What of a rectangle can be taken hold of besides its inside: corners and edges, by the compass. */
export const HANDLES = ['nw', 'n', 'ne', 'e', 'se', 's', 'sw', 'w'] as const
export type Handle = (typeof HANDLES)[number]

/** What a parameter can be; an infinite bound is none. */
type Range = Pick<NumberParameter, 'min' | 'max' | 'step'>

/** What bounds a rectangle: the picture that it is a part of, and the parameters that say it. */
export interface RectangleBounds extends Readonly<Record<keyof Rectangle, Range>> {
  readonly picture: Size
}

/** The rectangle nearest to one that is wished for: on the steps of its parameters, and inside the picture. */
export function fitRectangle(wish: Rectangle, bounds: RectangleBounds): Rectangle {
  const { across, down } = spansOf(wish, bounds)
  return rectangleOf(across.fitted(), down.fitted())
}

/**
 * A rectangle after a part of it was moved; the edges opposite stay, and nothing turns over.
 * @param held undefined for the inside, which moves all of it
 * @param by in pixels of the picture, from where it was taken hold of
 */
export function dragged(
  rectangle: Rectangle,
  held: Handle | undefined,
  [x, y]: readonly [number, number],
  bounds: RectangleBounds,
): Rectangle {
  const { across, down } = spansOf(rectangle, bounds)
  if (held === undefined) return rectangleOf(across.moved(x), down.moved(y))
  return rectangleOf(
    held.includes('w') ? across.begun(x) : held.includes('e') ? across.ended(x) : across,
    held.includes('n') ? down.begun(y) : held.includes('s') ? down.ended(y) : down,
  )
}

function spansOf({ x, y, width, height }: Rectangle, bounds: RectangleBounds) {
  const { picture } = bounds
  return {
    across: new Side(x, width, bounds.x, bounds.width, picture.width),
    down: new Side(y, height, bounds.y, bounds.height, picture.height),
  }
}

function rectangleOf(across: Side, down: Side): Rectangle {
  return { x: across.start, y: down.start, width: across.length, height: down.length }
}

/** One direction of a rectangle. */
class Side {
  readonly start: number
  readonly length: number
  readonly #starts: Range
  readonly #lengths: Range
  /** The length of the picture. */
  readonly #whole: number

  constructor(start: number, length: number, starts: Range, lengths: Range, whole: number) {
    this.start = start
    this.length = length
    this.#starts = starts
    this.#lengths = lengths
    this.#whole = whole
  }

  fitted(): Side {
    const start = nearest(this.start, this.#starts, 0, this.#whole - this.#shortest)
    return this.#with(start, this.#fitLength(this.length, this.#whole - start))
  }

  moved(by: number): Side {
    return this.#with(nearest(this.start + by, this.#starts, 0, this.#whole - this.length), this.length)
  }

  /** Another beginning; the end stays as near as the steps let it. */
  begun(by: number): Side {
    const end = this.start + this.length
    const start = nearest(this.start + by, this.#starts, end - this.#lengths.max, end - this.#shortest)
    return this.#with(start, this.#fitLength(end - start, this.#whole - start))
  }

  ended(by: number): Side {
    return this.#with(this.start, this.#fitLength(this.length + by, this.#whole - this.start))
  }

  /** A rectangle has some pixels, whatever its parameters allow. */
  get #shortest(): number {
    return nearest(1, this.#lengths, 1, Number.POSITIVE_INFINITY)
  }

  #fitLength(length: number, room: number): number {
    return nearest(length, this.#lengths, this.#shortest, room)
  }

  #with(start: number, length: number): Side {
    return new Side(start, length, this.#starts, this.#lengths, this.#whole)
  }
}

/** The value of a range that is nearest, between two bounds more; where none is between them, the least of the range that is not negative. */
function nearest(value: number, { min, max, step }: Range, low: number, high: number): number {
  const origin = Number.isFinite(min) ? min : 0
  const onStep = (wish: number, round: (steps: number) => number) => origin + round((wish - origin) / step) * step
  const first = onStep(Math.max(0, min), Math.ceil)
  const least = onStep(Math.max(first, low), Math.ceil)
  const most = onStep(Math.min(max, high), Math.floor)
  return Math.max(first, Math.min(most, Math.max(least, onStep(value, Math.round))))
}
