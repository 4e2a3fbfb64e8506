import { setImmediate } from 'node:timers/promises'
import { hasAlpha } from '../pixels/channels.ts'
import { fullScale } from '../pixels/samples.ts'
import type { Frame } from '../sdk/values.ts'

/**
 * The median of the (2·radius + 1)² samples around each, colour by colour; edges are repeated, alpha stays. Floats are told
 * apart in 65536 steps of 0..1. Huang, Yang and Tang 1979: a window that moves by a pixel changes by two columns.
 */
export async function medianFrame(frame: Frame, radius: number, signal: AbortSignal): Promise<Frame> {
  const { width, height, channels, data: from } = frame
  const data = from.slice()
  const bits = from instanceof Uint8Array ? 8 : 16
  const scale = (2 ** bits - 1) / fullScale(from)
  const window = new Histogram(bits)
  const columns = Int32Array.from({ length: width + 2 * radius }, (_, x) => clamp(x - radius, width))
  const middle = ((2 * radius + 1) ** 2 - 1) / 2
  const plane = new Uint16Array(width * height)
  const rows = new Int32Array(2 * radius + 1)
  const colours = hasAlpha(frame) ? channels - 1 : channels
  for (let channel = 0; channel < colours; channel++) {
    for (let i = 0; i < plane.length; i++) plane[i] = levelOf(from[i * channels + channel]! * scale, bits)
    for (let y = 0; y < height; y++) {
      for (let k = 0; k < rows.length; k++) rows[k] = clamp(y + k - radius, height) * width
      window.clear()
      for (let k = 0; k < 2 * radius; k++) window.change(plane, rows, columns[k]!, 1)
      for (let x = 0; x < width; x++) {
        window.change(plane, rows, columns[x + 2 * radius]!, 1)
        data[(y * width + x) * channels + channel] = window.level(middle) / scale
        window.change(plane, rows, columns[x]!, -1)
      }
      if (y % LINES === LINES - 1) {
        await setImmediate()
        signal.throwIfAborted()
      }
    }
  }
  return { ...frame, data }
}

/** After so many lines others get a turn. */
const LINES = 64

function clamp(index: number, length: number): number {
  return index < 0 ? 0 : index < length ? index : length - 1
}

function levelOf(value: number, bits: number): number {
  const top = 2 ** bits - 1
  return value <= 0 ? 0 : value >= top ? top : Math.round(value)
}

/** Counts of levels and of groups of levels; it keeps the group that was found last, from which the next is not far. */
class Histogram {
  readonly #counts: Uint16Array
  readonly #groups: Uint16Array
  readonly #shift: number
  #group = 0
  /** How many samples lie in the groups below. */
  #below = 0

  constructor(bits: 8 | 16) {
    this.#shift = bits === 8 ? 3 : 6
    this.#counts = new Uint16Array(2 ** bits)
    this.#groups = new Uint16Array(2 ** (bits - this.#shift))
  }

  clear(): void {
    this.#counts.fill(0)
    this.#groups.fill(0)
    this.#below = 0
  }

  /** Counts a column of the window in, or out. */
  change(plane: Uint16Array, rows: Int32Array, column: number, by: 1 | -1): void {
    for (let k = 0; k < rows.length; k++) {
      const level = plane[rows[k]! + column]!
      const group = level >> this.#shift
      this.#counts[level]! += by
      this.#groups[group]! += by
      if (group < this.#group) this.#below += by
    }
  }

  /** The level of the sample with so many before it. */
  level(before: number): number {
    while (this.#below > before) this.#below -= this.#groups[--this.#group]!
    while (this.#below + this.#groups[this.#group]! <= before) this.#below += this.#groups[this.#group++]!
    let rest = before - this.#below
    let level = this.#group << this.#shift
    for (; this.#counts[level]! <= rest; level++) rest -= this.#counts[level]!
    return level
  }
}
