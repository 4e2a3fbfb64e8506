import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import onnxProto from 'onnx-proto'
import { describe, expect, test } from 'vitest'
import { gridOf } from '../../../models/import/eight-bits.ts'
import { importCheckpoint } from '../../../models/import/import.ts'
import { RANGES_FILE, type Range } from '../../../models/import/ranges.ts'
import { openModelFolder } from '../../../models/installed/folder.ts'
import { CHECKPOINTS, type Dense, readTensors, runGraph, temporaryFolder } from './fixtures.ts'
import { encodeSafetensors, type Tensors } from './synthetic.ts'

describe('the steps of a range', () => {
  test.each<[Range, { scale: number; zero: number }]>([
    [[-1, 1.55], { scale: 0.01, zero: 100 }],
    [[0, 5.1], { scale: 0.02, zero: 0 }],
    [[1, 5.1], { scale: 0.02, zero: 0 }],
    [[-2.55, -1], { scale: 0.01, zero: 255 }],
    [[0, 0], { scale: 1, zero: 0 }],
  ])('%j', (range, { scale, zero }) => {
    const grid = gridOf(range)
    expect(grid.scale).toBeCloseTo(scale, 7)
    expect(grid.zero + 0).toBe(zero)
  })
})

/** Of one size, halving, and doubling; what they take and give for the fixture's picture. */
const RANGES: Readonly<Record<string, { readonly input: Range; readonly output: Range }>> = {
  'encoder.down_blocks.0.resnets.0.conv1': { input: [-0.28, 4.6], output: [-1.4, 1.6] },
  'encoder.down_blocks.0.downsamplers.0.conv': { input: [-2.3, 2.1], output: [-1.2, 1] },
  'decoder.up_blocks.0.upsamplers.0.conv': { input: [-4.1, 3.2], output: [-1.8, 2.1] },
}

/** The number of channels that they give. */
const CHANNELS = [8, 8, 16]

describe('convolutions whose ranges a checkpoint tells', () => {
  test('are computed in eight bits on the CPU, close to float32, and nowhere else', async () => {
    const { source, output } = stage(RANGES)
    const { precision } = await importCheckpoint({ source, output, name: 'model', timestep: 499 })
    const { graphs, variants } = await openModelFolder(output)
    const { x } = readTensors(join(source, 'expected.safetensors'), ['x'])
    const exact = await runGraph(graphs.fused, x!)
    const coarse = await runGraph(variants.cpu!.fused, x!)

    expect(operators(graphs.fused!)).not.toContain('QLinearConv')
    expect(operators(variants.cpu!.fused!).filter((operator) => operator === 'QLinearConv')).toHaveLength(3)
    expect(precision).toBe('fp32')
    expect(deviation(coarse, exact)).toBeGreaterThan(0)
    expect(deviation(coarse, exact) / deviation(exact)).toBeLessThan(0.08)
  })

  test('have a range by channel: one that is much wider leaves the others as exact', async () => {
    expect(await errorOf(stage(RANGES, 12))).toBeLessThan(0.2)
  })

  test('of which the graph keeps the first channels alone', async () => {
    expect(await errorOf(stage({ 'encoder.conv_out': { input: [-0.28, 4.6], output: [-1.5, 1.5] } }))).toBeLessThan(
      0.08,
    )
  })

  test('take in values half as large again as on the pictures that the ranges come from', async () => {
    const narrow = Object.entries(RANGES).map(
      ([
        name,
        {
          input,
          output: [low, high],
        },
      ]) => {
        return [name, { input, output: [low / 1.5, high / 1.5] as const }] as const
      },
    )
    expect(await errorOf(stage(Object.fromEntries(narrow)))).toBeLessThan(0.06)
  })

  test.each<[typeof RANGES, RegExp]>([
    [{ 'encoder.conv_inn': { input: [0, 1], output: [0, 1] } }, /ranges of convolutions.*some of encoder\.conv_inn/],
    [{ 'encoder.conv_in': { input: [1, 0], output: [0, 1] } }, /low and high of encoder\.conv_in\.input, got 1 and 0/],
    [
      { 'decoder.conv_in': { input: [0, 1], output: [0, 1] } },
      /decoder\.conv_in\.output of shape \[2, 16\], got \[2, 8\]/,
    ],
  ])('are told for what is there, low before high: %j', async (ranges, message) => {
    const { source, output } = stage(ranges)
    await expect(importCheckpoint({ source, output, name: 'model', timestep: 499 })).rejects.toThrow(message)
  })
})

/** How far the picture in eight bits is from that in float32, as a share of it. */
async function errorOf({ source, output }: ReturnType<typeof stage>): Promise<number> {
  await importCheckpoint({ source, output, name: 'model', timestep: 499 })
  const { graphs, variants } = await openModelFolder(output)
  const { x } = readTensors(join(source, 'expected.safetensors'), ['x'])
  const exact = await runGraph(graphs.fused, x!)
  return deviation(await runGraph(variants.cpu!.fused, x!), exact) / deviation(exact)
}

/** `stretch` is by how much the range of the first channel is wider than the others'. */
function stage(ranges: typeof RANGES, stretch = 1): { readonly source: string; readonly output: string } {
  const folder = temporaryFolder()
  const source = join(folder, 'checkpoint')
  cpSync(join(CHECKPOINTS, 'tiny-patches'), source, { recursive: true })
  const tensors: Tensors = new Map()
  Object.entries(ranges).forEach(([name, { input, output }], i) => {
    const channels = CHANNELS[i]!
    tensors.set(`${name}.input`, { shape: [2], data: Float32Array.from(input) })
    const data = Float32Array.from(
      { length: 2 * channels },
      (_, at) => output[at < channels ? 0 : 1] * (at % channels === 0 ? stretch : 1),
    )
    tensors.set(`${name}.output`, { shape: [2, channels], data })
  })
  writeFileSync(join(source, RANGES_FILE), encodeSafetensors(tensors))
  return { source, output: join(folder, 'model') }
}

function operators(path: string): readonly string[] {
  return onnxProto.onnx.ModelProto.decode(readFileSync(path)).graph!.node!.map(({ opType }) => opType!)
}

/** √ mean (a − b)², b 0 by default. */
function deviation(a: Dense, b?: Dense): number {
  return Math.sqrt(a.data.reduce((sum, value, i) => sum + (value - (b?.data[i] ?? 0)) ** 2, 0) / a.data.length)
}
