import { describe, expect, test } from 'vitest'
import { importCheckpoint } from '../../../models/import/import.ts'
import { openModelFolder } from '../../../models/installed/folder.ts'
import { type Dense, runGraph } from './fixtures.ts'
import { gateTensors, grainTensors, stageGated, wave } from './gated-checkpoint.ts'
import type { Tensors } from './synthetic.ts'

const [LEVELS, WIDTH, ROWS, COLUMNS] = [2, 3, 4, 5]
const MEASURES = 5 * LEVELS

describe('the gates of a transfer', () => {
  test('become a graph that computes what the definition says', async () => {
    const tensors = gateTensors(LEVELS, WIDTH)
    const { source, output } = stageGated(LEVELS, tensors)
    const manifest = await importCheckpoint({ source, output })
    expect(manifest).toMatchObject({ constants: { colorTransfer: { method: 'gated', levels: LEVELS } } })
    const input: Dense = { data: wave(MEASURES * ROWS * COLUMNS, 0.3), dims: [1, MEASURES, ROWS, COLUMNS] }
    const { graphs } = await openModelFolder(output)
    const result = await runGraph(graphs.gates!, input)
    const expected = gatesOf(tensors, input.data)
    expect(result.dims).toEqual([1, 2 * LEVELS, ROWS, COLUMNS])
    result.data.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 5)
    })
  })

  test('say where grain goes as well, in models that were taught it', async () => {
    const tensors = grainTensors(LEVELS, WIDTH)
    const { source, output } = stageGated(LEVELS, tensors)
    await importCheckpoint({ source, output })
    const { graphs } = await openModelFolder(output)
    const data = wave(MEASURES * ROWS * COLUMNS, 0.3).map((value) => value / 20)
    const where = grainOf(tensors, data)
    // models/training/grain.py: GrainGate with these weights, of these measures.
    for (const [cell, value] of [
      [0, 0.745444],
      [2, 0.705734],
      [4, 0.754713],
      [10, 0.739485],
    ] as const)
      expect(where[cell]).toBeCloseTo(value, 5)
    // Of twenty times as much the bound is the most that grain may be.
    for (const seen of [data, data.map((value) => 20 * value)]) {
      const result = await runGraph(graphs.gates!, { data: seen, dims: [1, MEASURES, ROWS, COLUMNS] })
      expect(result.dims).toEqual([1, 2 * LEVELS + 1, ROWS, COLUMNS])
      for (const [i, value] of [...gatesOf(tensors, seen), ...grainOf(tensors, seen)].entries())
        expect(result.data[i]).toBeCloseTo(value, 5)
    }
  })

  test('of models that ask for grain must say where it goes', async () => {
    const { source, output } = stageGated(LEVELS, gateTensors(LEVELS, WIDTH), { grain: { default: 1 } })
    await expect(importCheckpoint({ source, output })).rejects.toMatchObject({
      message: expect.stringMatching(/expected tensors grain_gate\.\*.*found none/),
      remedy: expect.stringContaining('place_grain.py'),
    })
  })

  test('are missed by name', async () => {
    const { source, output } = stageGated(LEVELS)
    await expect(importCheckpoint({ source, output })).rejects.toMatchObject({
      message: expect.stringMatching(/gates: expected diffusion_pytorch_model\.safetensors, found /),
    })
  })

  test('of another number of levels are refused', async () => {
    const tensors = gateTensors(LEVELS, WIDTH)
    tensors.set('gates.conv_out.weight', { shape: [6, WIDTH, 1, 1], data: new Float32Array(6 * WIDTH) })
    const { source, output } = stageGated(LEVELS, tensors)
    await expect(importCheckpoint({ source, output })).rejects.toMatchObject({
      message: expect.stringMatching(/gates\.conv_out\.weight of shape .*, got \[6, 3, 1, 1\]/),
    })
  })
})

const CELLS = Array.from({ length: ROWS * COLUMNS }, (_, i) => [Math.floor(i / COLUMNS), i % COLUMNS] as const)

/** Each cell sees its 3 × 3 neighbours, with nothing beyond the border, and the mean of all cells. */
function gatesOf(tensors: Tensors, measures: Float32Array): number[] {
  const layer = layersOf(tensors, 'gates')
  return transposed(layer.opened(layer.first(measures)))
}

/** The same, then beside it what cells two and four away show; no stronger than what restored detail masks. */
function grainOf(tensors: Tensors, measures: Float32Array): number[] {
  const layer = layersOf(tensors, 'grain_gate')
  const wider = [2, 4].reduce((x, step, i) => {
    const more = layer.convolved(`wider.${i}`, transposed(x), step).map(relu)
    return x.map((cell, c) => cell.map((value, channel) => value + more[c]![channel]!))
  }, layer.first(measures))
  return transposed(layer.opened(wider)).map((value, i) => value * maskedIn(measures, ...CELLS[i]!))
}

/** By the bands of the restored picture in 3 × 3 cells, those that there are: 2.4 levels of 255 and 0.42 of the detail, of five. */
function maskedIn(measures: Float32Array, row: number, column: number): number {
  const near = CELLS.flatMap(([r, c], i) => (Math.abs(r - row) <= 1 && Math.abs(c - column) <= 1 ? [i] : []))
  const energies = [LEVELS, LEVELS + 1].map((channel) =>
    Math.exp(near.reduce((sum, i) => sum + 4 * (measures[channel * CELLS.length + i]! - 2), 0) / near.length),
  )
  return Math.min(1, Math.hypot(2.4 / 255, ...energies.map((energy) => 0.42 * Math.sqrt(energy))) / (5 / 255))
}

/** Channel by channel. */
function transposed(cells: readonly number[][]): number[] {
  return cells[0]!.flatMap((_, channel) => cells.map((cell) => cell[channel]!))
}

function relu(values: readonly number[]): number[] {
  return values.map((value) => Math.max(0, value))
}

/** Layers by hand; maps go in channel by channel, and come out cell by cell. */
function layersOf(tensors: Tensors, path: string) {
  const values = (name: string) => tensors.get(`${path}.${name}`)!.data
  const at = (map: ArrayLike<number>, channel: number, row: number, column: number): number =>
    row < 0 || row >= ROWS || column < 0 || column >= COLUMNS ? 0 : map[(channel * ROWS + row) * COLUMNS + column]!
  const convolved = (name: string, map: ArrayLike<number>, step: number): number[][] => {
    const channels = map.length / CELLS.length
    return CELLS.map(([row, column]) =>
      Array.from(values(`${name}.bias`), (bias, out) => {
        let sum = bias
        for (let channel = 0; channel < channels; channel++)
          for (let tap = 0; tap < 9; tap++) {
            const [down, along] = [step * (Math.floor(tap / 3) - 1), step * ((tap % 3) - 1)]
            sum +=
              values(`${name}.weight`)[(out * channels + channel) * 9 + tap]! *
              at(map, channel, row + down, column + along)
          }
        return sum
      }),
    )
  }
  const dense = (name: string, inputs: readonly number[]): number[] =>
    Array.from(values(`${name}.bias`), (bias, out) =>
      inputs.reduce((sum, x, i) => sum + x * values(`${name}.weight`)[out * inputs.length + i]!, bias),
    )
  return {
    convolved,
    first(map: ArrayLike<number>): number[][] {
      const means = Array.from({ length: MEASURES }, (_, channel) =>
        CELLS.reduce((total, [row, column]) => total + at(map, channel, row, column) / CELLS.length, 0),
      )
      return convolved('conv_in', map, 1).map((cell) =>
        relu(
          cell.map((value, out) =>
            means.reduce((sum, mean, i) => sum + values('whole.weight')[out * MEASURES + i]! * mean, value),
          ),
        ),
      )
    },
    opened: (cells: readonly number[][]): number[][] =>
      cells.map((cell) => dense('conv_out', relu(dense('conv_mid', cell))).map((x) => 1 / (1 + Math.exp(-x)))),
  }
}
