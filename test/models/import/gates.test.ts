import { describe, expect, test } from 'vitest'
import { importCheckpoint } from '../../../models/import/import.ts'
import { openModelFolder } from '../../../models/installed/folder.ts'
import { type Dense, runGraph } from './fixtures.ts'
import { gateTensors, stageGated, wave } from './gated-checkpoint.ts'
import type { Tensors } from './synthetic.ts'

const [LEVELS, WIDTH, ROWS, COLUMNS] = [2, 3, 2, 3]
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

/** Each cell sees its 3 × 3 neighbours, with nothing beyond the border, and the mean of all cells. */
function gatesOf(tensors: Tensors, measures: Float32Array): number[] {
  const values = (name: string) => tensors.get(`gates.${name}`)!.data
  const cell = (channel: number, row: number, column: number): number =>
    row < 0 || row >= ROWS || column < 0 || column >= COLUMNS ? 0 : measures[(channel * ROWS + row) * COLUMNS + column]!
  const cells = Array.from({ length: ROWS * COLUMNS }, (_, i) => [Math.floor(i / COLUMNS), i % COLUMNS] as const)
  const dense = (name: string, inputs: number[]): number[] =>
    Array.from(values(`${name}.bias`), (bias, out) =>
      inputs.reduce((sum, x, i) => sum + x * values(`${name}.weight`)[out * inputs.length + i]!, bias),
    )
  const relu = (x: number[]): number[] => x.map((value) => Math.max(0, value))
  const gates = cells.map(([row, column]) => {
    const first = Array.from(values('conv_in.bias'), (bias, out) => {
      let sum = bias
      for (let channel = 0; channel < MEASURES; channel++) {
        for (let tap = 0; tap < 9; tap++) {
          const [down, along] = [Math.floor(tap / 3) - 1, (tap % 3) - 1]
          sum +=
            values('conv_in.weight')[(out * MEASURES + channel) * 9 + tap]! * cell(channel, row + down, column + along)
        }
        const mean = cells.reduce((total, [r, c]) => total + cell(channel, r, c), 0) / cells.length
        sum += values('whole.weight')[out * MEASURES + channel]! * mean
      }
      return sum
    })
    return dense('conv_out', relu(dense('conv_mid', relu(first)))).map((value) => 1 / (1 + Math.exp(-value)))
  })
  return Array.from({ length: 2 * LEVELS }, (_, channel) => gates.map((cellGates) => cellGates[channel]!)).flat()
}
