import type { Frame, Tensor } from '../sdk/values.ts'
import { ahead } from './ahead.ts'
import { fromUnitTensor, roundUp, writeUnitPlanes } from './padding.ts'
import { cropRows, stackRows } from './tensor-rows.ts'

/** Side of the squares of pixels that have one gate for each band. */
export const CELL = 8

/** Pixels that go through the graphs at once: about 330 bytes each with four levels (measured). */
const STRIP = 2 ** 19

/** The graphs of a transfer that was trained with its model (models/import/transfer.ts). Buffers may be transferred. */
export interface TransferGraphs {
  /** How many of them are computed at once. */
  readonly atOnce: number
  /** The restored picture, then the reference, [1, 6, H, W], to what gates are decided by, [1, 5 · levels, ⌈H/8⌉, ⌈W/8⌉]. */
  measures(pictures: Tensor): Promise<Tensor>
  /** Those of the whole picture to gates in 0..1, [1, 2 · levels, rows, columns], and where grain goes as one more. */
  gates(measures: Tensor): Promise<Tensor>
  /** Pictures and gates to the result, [1, 3, H, W], and where grain goes as one more. */
  transfer(pictures: Tensor, gates: Tensor): Promise<Tensor>
  /** Whole pictures to the same, in one graph that computes the bands once. */
  transferAll(pictures: Tensor): Promise<Tensor>
}

/** A restored picture after its transfer. */
export interface Transferred {
  /** float32 RGB, nominally 0..1, not clamped. */
  readonly frame: Frame
  /** Where grain goes, row by row, in 0..1; none where the model was taught none. */
  readonly where?: Float32Array | undefined
}

/**
 * What of the reference x returns to the restored picture y: all that is wide, and of the finer bands as much as the
 * gates let through.
 *
 *     y' = y + low(x − y) + Σ g_l · d_l(x − y)
 *
 * with the bands d_l of the à trous transform in luma, R − luma and B − luma, and one gate for each band and cell of 8 × 8
 * pixels: a Wiener filter whose ratios are learnt (models/training/transfer.py). One more gate says where grain goes.
 * @param image RGB, as the model made it
 * @param reference RGB of the same size
 * @param levels how many bands have gates, 1..10
 * @param strip about how many pixels are worked on at once, which changes nothing but memory
 */
export async function transferGated(
  image: Frame,
  reference: Frame,
  levels: number,
  graphs: TransferGraphs,
  strip = STRIP,
): Promise<Transferred> {
  const { width, height } = image
  const strips = stripsOf(width, height, levels, strip)
  if (strips.length === 1) {
    const all = await graphs.transferAll(pictures(image, reference, 0, height))
    return { frame: fromUnitTensor(all, width, height), where: whereOf(all) }
  }
  const picturesOf = ({ from, to }: Strip) => pictures(image, reference, from, to)
  const most = graphs.atOnce + 1
  const measured: Tensor[] = []
  const measures = ahead(strips.length, most, async (i) => graphs.measures(picturesOf(strips[i]!)))
  for await (const cells of measures) {
    const { top, bottom, from } = strips[measured.length]!
    measured.push(cropRows(cells, (top - from) / CELL, Math.ceil((bottom - from) / CELL)))
  }
  const gates = await graphs.gates(stackRows(measured))
  const data = new Float32Array(3 * width * height)
  const transferred = ahead(strips.length, most, async (i) => {
    const { top, bottom, from, to } = strips[i]!
    const open = cropRows(gates, from / CELL, Math.ceil(to / CELL))
    return cropRows(await graphs.transfer(picturesOf(strips[i]!), open), top - from, bottom - from)
  })
  const where = gates.dims[1]! > 2 * levels ? new Float32Array(width * height) : undefined
  let at = 0
  for await (const own of transferred) {
    const rows = fromUnitTensor(own, width, own.dims[2]!).data
    data.set(rows, 3 * at)
    where?.set(whereOf(own)!, at)
    at += rows.length / 3
  }
  return { frame: { width, height, channels: 3, data }, where }
}

/** The plane after the three of the picture. */
function whereOf({ data, dims }: Tensor): Float32Array | undefined {
  const [, channels = 0, rows = 0, columns = 0] = dims
  return channels > 3 ? data.subarray(3 * rows * columns, 4 * rows * columns) : undefined
}

/** Rows `top`..`bottom`, and around them whole cells as far as the bands reach: `from`..`to`. */
interface Strip {
  readonly top: number
  readonly bottom: number
  readonly from: number
  readonly to: number
}

function stripsOf(width: number, height: number, levels: number, strip: number): readonly Strip[] {
  const reach = roundUp(2 ** levels - 1, CELL)
  const rows = Math.max(1, Math.floor(strip / width / CELL)) * CELL
  return Array.from({ length: Math.ceil(height / rows) }, (_, i) => {
    const [top, bottom] = [i * rows, Math.min(height, (i + 1) * rows)]
    return { top, bottom, from: Math.max(0, top - reach), to: Math.min(height, bottom + reach) }
  })
}

/** Rows `from`..`to` of both pictures as one tensor. */
function pictures(image: Frame, reference: Frame, from: number, to: number): Tensor {
  const { width } = image
  const size = 3 * (to - from) * width
  const data = new Float32Array(2 * size)
  writeUnitPlanes(data.subarray(0, size), image, from, width, to - from)
  writeUnitPlanes(data.subarray(size), reference, from, width, to - from)
  return { data, dims: [1, 6, to - from, width] }
}
