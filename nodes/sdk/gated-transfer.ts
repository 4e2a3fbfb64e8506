import { type Scales, scalesOf } from './a-trous.ts'
import { emptyMeasures, measureBands } from './band-measures.ts'
import { CELL, GateRows } from './gate-rows.ts'
import { addOpponent, lumaRows, type Opponent, opponentDifference } from './opponent.ts'
import type { Frame, Tensor } from './values.ts'

/** Pixels whose bands are in memory at once: 68 bytes each with four levels. */
const STRIP = 2 ** 20

/** Measures of all cells, [1, 5 · levels, rows, columns], to gates in 0..1, [1, 2 · levels, rows, columns]: of luma, then of colour. */
export type Gates = (measures: Tensor) => Promise<Tensor>

/**
 * What of the reference x returns to the restored picture y: all that is wide, and of the finer bands as much as the
 * gates let through.
 *
 *     y' = y + low(x − y) + Σ g_l · d_l(x − y)
 *
 * with the bands d_l of the à trous transform in luma, R − luma and B − luma, and one gate for each band and cell of 8 × 8
 * pixels: a Wiener filter whose ratios are learnt (models/training/transfer.py).
 * @param image RGB, as the model made it
 * @param reference RGB of the same size
 * @param levels how many bands have gates, 1..10
 * @param strip about how many pixels are worked on at once, which changes nothing but memory
 * @returns float32 RGB, nominally 0..1, not clamped
 */
export async function transferGated(
  image: Frame,
  reference: Frame,
  levels: number,
  gates: Gates,
  strip = STRIP,
): Promise<Frame> {
  const { width, height } = image
  const strips = stripsOf(width, height, levels, strip)
  const changeOf = ({ from, to }: Strip) => scaled(opponentDifference(reference, image, from, to), width, levels)
  // Computed twice, but once where all of the picture is one strip.
  const whole = strips.length === 1 ? changeOf(strips[0]!) : undefined
  const measures = emptyMeasures(width, height, levels)
  for (const strip of strips) {
    measureBands(lumaRows(reference, strip.from, strip.to), whole ?? changeOf(strip), strip, width, measures)
  }
  const rows = new GateRows(await gates(measures), width, height)
  const data = new Float32Array(image.data.length)
  for (const strip of strips) addOpponent(image, gated(whole ?? changeOf(strip), rows, strip, width), strip.top, data)
  return { width, height, channels: 3, data }
}

/** Rows `top`..`bottom`, and around them as many as the bands reach: `from`..`to`. */
interface Strip {
  readonly top: number
  readonly bottom: number
  readonly from: number
  readonly to: number
}

function stripsOf(width: number, height: number, levels: number, strip: number): readonly Strip[] {
  const reach = 2 ** levels - 1
  const rows = Math.max(1, Math.floor(strip / width / CELL)) * CELL
  return Array.from({ length: Math.ceil(height / rows) }, (_, i) => {
    const [top, bottom] = [i * rows, Math.min(height, (i + 1) * rows)]
    return { top, bottom, from: Math.max(0, top - reach), to: Math.min(height, bottom + reach) }
  })
}

function scaled([luma, red, blue]: Opponent<Float32Array>, width: number, levels: number): Opponent<Scales> {
  return [scalesOf(luma, width, levels), scalesOf(red, width, levels), scalesOf(blue, width, levels)]
}

/** What returns at rows `top`..`bottom`, written over the widest of the scales. */
function gated(change: Opponent<Scales>, gates: GateRows, strip: Strip, width: number): Opponent<Float32Array> {
  const { top, bottom, from } = strip
  const levels = change[0].length - 1
  const widest = (scales: Scales) => scales[levels]!.subarray((top - from) * width, (bottom - from) * width)
  const sums = [widest(change[0]), widest(change[1]), widest(change[2])] as const
  const gate = new Float32Array(width)
  // The widest band first: the others no longer need its wide side, which holds the sum.
  for (let level = levels - 1; level >= 0; level--) {
    for (let row = top; row < bottom; row++) {
      const add = (channel: 0 | 1 | 2): void => {
        const [narrow, wide] = [change[channel][level]!, change[channel][level + 1]!]
        addGated(gate, narrow, wide, (row - from) * width, sums[channel], (row - top) * width)
      }
      gates.fill(level, row, gate)
      add(0)
      gates.fill(levels + level, row, gate)
      add(1)
      add(2)
    }
  }
  return sums
}

/** Adds a row of a band, each value times its gate. */
function addGated(
  gate: Float32Array,
  narrow: Float32Array,
  wide: Float32Array,
  at: number,
  to: Float32Array,
  place: number,
): void {
  for (let x = 0; x < gate.length; x++) to[place + x]! += gate[x]! * (narrow[at + x]! - wide[at + x]!)
}
