import type { Frame, SampleDepth, Span, TileLayout } from '../sdk/values.ts'
import { depthOf, fullScale, samplesOf } from './samples.ts'
import { tileWeights } from './tile-weights.ts'

/** Copies the tile at (row, column) out of a frame. */
export function cutTile(frame: Frame, layout: TileLayout, row: number, column: number): Frame {
  const { start: top, end: bottom } = layout.rows[row]!
  const { start: left, end: right } = layout.columns[column]!
  return cropFrame(frame, left, top, right - left, bottom - top)
}

/** The same tiles after each side has grown by a whole factor. */
export function scaledLayout(layout: TileLayout, scale: number): TileLayout {
  const grow = ({ start, end }: Span): Span => ({ start: start * scale, end: end * scale })
  return {
    width: layout.width * scale,
    height: layout.height * scale,
    tile: layout.tile * scale,
    overlap: layout.overlap * scale,
    columns: layout.columns.map(grow),
    rows: layout.rows.map(grow),
  }
}

/** Copies a rectangle, which lies inside the frame. */
export function cropFrame(frame: Frame, left: number, top: number, width: number, height: number): Frame {
  const { channels } = frame
  if (left === 0 && top === 0 && width === frame.width && height === frame.height) return frame
  const data = samplesOf(depthOf(frame.data), width * height * channels)
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * frame.width + left) * channels
    data.set(frame.data.subarray(from, from + width * channels), y * width * channels)
  }
  return { ...frame, width, height, data }
}

/**
 * Puts a picture together from tiles that arrive row by row. Each sample is the weighted mean of the tiles that cover
 * it, computed as base + Σ wᵢ·(tileᵢ − base) with the first tile as base: where all tiles agree the result is
 * their value to the last bit, whatever the weights round to. Memory: the output and one tile row of float32 sums.
 */
export class TileMerger {
  readonly #layout: TileLayout
  readonly #rowWeights: readonly Float32Array[]
  readonly #columnWeights: readonly Float32Array[]
  #next = 0
  #output: Frame | undefined
  /** Σ w·(tile − base) for the lines that later tiles may still touch; a ring of lines. */
  #sums = new Float32Array()
  #lines = 0

  constructor(layout: TileLayout) {
    this.#layout = layout
    this.#rowWeights = tileWeights(layout.rows)
    this.#columnWeights = tileWeights(layout.columns)
  }

  /** Adds the next tile; it has the size of its place in the layout and the depth and channels of the first. */
  add(tile: Frame): void {
    const { rows, columns } = this.#layout
    if (rows.length * columns.length === 1 && this.#next === 0) {
      this.#output = tile
      this.#next = 1
      return
    }
    const row = Math.floor(this.#next / columns.length)
    const column = this.#next % columns.length
    const output = this.#outputLike(tile)
    const { start: top } = rows[row]!
    const { start: left } = columns[column]!
    const { channels } = output
    const rowWeights = this.#rowWeights[row]!
    const columnWeights = this.#columnWeights[column]!
    const columnBase = this.#coveredUntil(columns, column)
    const rowBase = this.#coveredUntil(rows, row)
    for (let y = 0; y < tile.height; y++) {
      const line = top + y
      const sums = (line % this.#lines) * output.width * channels
      const rowWeight = rowWeights[y]!
      const firstRow = line >= rowBase
      for (let x = 0; x < tile.width; x++) {
        const column = left + x
        const to = (line * output.width + column) * channels
        const from = (y * tile.width + x) * channels
        const sum = sums + column * channels
        if (firstRow && column >= columnBase) {
          for (let c = 0; c < channels; c++) {
            output.data[to + c] = tile.data[from + c]!
            this.#sums[sum + c] = 0
          }
        } else {
          const weight = rowWeight * columnWeights[x]!
          for (let c = 0; c < channels; c++) {
            this.#sums[sum + c]! += weight * (tile.data[from + c]! - output.data[to + c]!)
          }
        }
      }
    }
    this.#next++
    if (column === columns.length - 1) this.#flush(row)
  }

  /** The picture, once every tile was added. */
  finish(): Frame {
    if (this.#output === undefined || this.#next !== this.#layout.rows.length * this.#layout.columns.length) {
      throw new Error(`${this.#next} of ${this.#layout.rows.length * this.#layout.columns.length} tiles were added`)
    }
    return this.#output
  }

  /** For previews: what was merged so far over the picture that it replaces, which may be smaller; at most 512 pixels wide or high. */
  soFar(source: Frame): Frame {
    const output = this.#output ?? source
    const { rows, columns, ...whole } = this.#layout
    const step = Math.max(1, Math.ceil(Math.max(whole.width, whole.height) / 512))
    const width = Math.floor((whole.width - 1) / step) + 1
    const height = Math.floor((whole.height - 1) / step) + 1
    const data = new Float32Array(width * height * 3)
    const doneRows = Math.floor(this.#next / columns.length)
    const doneBelow = rows[doneRows - 1]?.end ?? 0
    for (let y = 0; y < height; y++) {
      const from = y * step < doneBelow ? output : source
      const reach = (step * from.width) / whole.width
      const scale = 1 / fullScale(from.data)
      for (let x = 0; x < width; x++) {
        const at = (Math.floor(y * reach) * from.width + Math.floor(x * reach)) * 3
        for (let c = 0; c < 3; c++) data[(y * width + x) * 3 + c] = from.data[at + c]! * scale
      }
    }
    return { width, height, channels: 3, data }
  }

  /** Where the spans before this one end: samples from there on are covered for the first time. */
  #coveredUntil(spans: readonly { readonly end: number }[], index: number): number {
    return index === 0 ? 0 : spans[index - 1]!.end
  }

  /** Adds the sums to the lines that no later tile row covers. */
  #flush(row: number): void {
    const { rows } = this.#layout
    const output = this.#output!
    const from = rows[row]!.start
    const until = rows[row + 1]?.start ?? rows[row]!.end
    const width = output.width * output.channels
    const top = fullScale(output.data)
    const isFloat = depthOf(output.data) === 'float32'
    for (let line = from; line < until; line++) {
      const sums = (line % this.#lines) * width
      for (let i = 0; i < width; i++) {
        const change = this.#sums[sums + i]!
        if (change === 0) continue
        const value = output.data[line * width + i]! + change
        output.data[line * width + i] = isFloat ? value : Math.min(top, Math.max(0, Math.round(value)))
      }
    }
  }

  #outputLike(tile: Frame): Frame {
    if (this.#output !== undefined) return this.#output
    const { width, height, rows } = this.#layout
    const depth: SampleDepth = depthOf(tile.data)
    this.#lines = Math.max(...rows.map((span) => span.end - span.start))
    this.#sums = new Float32Array(this.#lines * width * tile.channels)
    this.#output = { ...tile, width, height, data: samplesOf(depth, width * height * tile.channels) }
    return this.#output
  }
}
