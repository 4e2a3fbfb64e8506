import type { Tensor } from './values.ts'

/** Side of the squares of pixels that have one gate for each band. */
export const CELL = 8

/** Gates [1, channels, rows, columns] along rows of pixels: bilinear between the centres of cells, at the borders those of the outermost. */
export class GateRows {
  readonly #gates: Tensor
  readonly #down: Between
  readonly #across: Between
  readonly #cells: Float32Array

  constructor(gates: Tensor, width: number, height: number) {
    const [rows, columns] = [gates.dims[2]!, gates.dims[3]!]
    this.#gates = gates
    this.#down = between(height, rows)
    this.#across = between(width, columns)
    this.#cells = new Float32Array(columns)
  }

  /** Writes one channel at row `y` of the picture. */
  fill(channel: number, y: number, to: Float32Array): void {
    const { data, dims } = this.#gates
    const cells = this.#cells
    const upper = (channel * dims[2]! + this.#down.first[y]!) * cells.length
    const lower = (channel * dims[2]! + this.#down.second[y]!) * cells.length
    const down = this.#down.way[y]!
    for (let i = 0; i < cells.length; i++) cells[i] = data[upper + i]! + down * (data[lower + i]! - data[upper + i]!)
    const { first, second, way } = this.#across
    for (let x = 0; x < to.length; x++) {
      const left = cells[first[x]!]!
      to[x] = left + way[x]! * (cells[second[x]!]! - left)
    }
  }
}

/** For each pixel the two cells between whose centres it lies, and how far it is on the way to the second, 0..1. */
interface Between {
  readonly first: Int32Array
  readonly second: Int32Array
  readonly way: Float32Array
}

function between(pixels: number, cells: number): Between {
  const place = Float32Array.from({ length: pixels }, (_, pixel) => Math.max(0, (pixel + 0.5) / CELL - 0.5))
  const first = Int32Array.from(place)
  const second = first.map((cell) => Math.min(cell + 1, cells - 1))
  return { first, second, way: place.map((value, i) => value - first[i]!) }
}
