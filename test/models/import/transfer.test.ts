import { describe, expect, test } from 'vitest'
import { importCheckpoint } from '../../../models/import/import.ts'
import { openModelFolder } from '../../../models/installed/folder.ts'
import { transferColor } from '../../../nodes/pixels/color-transfer.ts'
import { type TransferGraphs, transferGated } from '../../../nodes/pixels/gated-transfer.ts'
import { toDepth } from '../../../nodes/pixels/samples.ts'
import type { Frame, Tensor } from '../../../nodes/sdk/values.ts'
import { noiseFrame } from '../../nodes/context.ts'
import { runGraph } from './fixtures.ts'
import { gateTensors, grainTensors, stageGated } from './gated-checkpoint.ts'

const LEVELS = 3

/** The graphs of an imported model, which take the buffers of their inputs away as the host's do. */
async function importedGraphs(tensors = grainTensors(LEVELS, 4)): Promise<TransferGraphs> {
  const { source, output } = stageGated(LEVELS, tensors)
  await importCheckpoint({ source, output })
  const { graphs } = await openModelFolder(output)
  const run = async (path: string | undefined, ...inputs: Tensor[]): Promise<Tensor> => {
    // What the runtime gives cannot be taken away.
    return copied(await runGraph(path, ...inputs.map(taken)))
  }
  return {
    atOnce: 2,
    measures: (pictures) => run(graphs.measures, pictures),
    gates: (measures) => run(graphs.gates, measures),
    transfer: (pictures, open) => run(graphs.transfer, pictures, open),
    transferAll: (pictures) => run(graphs.transferAll, pictures),
  }
}

function copied({ data, dims }: Tensor): Tensor {
  return { data: data.slice(), dims }
}

function taken({ data, dims }: Tensor): Tensor {
  return { data: structuredClone(data, { transfer: [data.buffer] }), dims }
}

async function restoredBy(...given: Parameters<typeof transferGated>): Promise<Frame> {
  return (await transferGated(...given)).frame
}

/** The same, with gates that are easy to follow. */
async function graphsWith(gates: TransferGraphs['gates']): Promise<TransferGraphs> {
  const { atOnce, measures, transfer } = await importedGraphs(gateTensors(LEVELS, 4))
  const transferAll = async (pictures: Tensor) => transfer(pictures, await gates(await measures(copied(pictures))))
  return { atOnce, measures, gates, transfer, transferAll }
}

async function unwanted(): Promise<never> {
  throw new Error('expected no run of this graph')
}

/** One value for all gates. */
async function constant(value: number, { dims }: Tensor): Promise<Tensor> {
  const all = [1, 2 * LEVELS, dims[2]!, dims[3]!]
  return { data: new Float32Array(all.reduce((product, size) => product * size, 1)).fill(value), dims: all }
}

describe('the transfer of a model', () => {
  const image = toDepth(noiseFrame(53, 41), 'float32')
  const reference = noiseFrame(53, 41, 3, 9)

  test('with open gates gives the reference, whatever the model made', async () => {
    const graphs = await graphsWith((measures) => constant(1, measures))
    const { data } = await restoredBy(image, reference, LEVELS, graphs)
    data.forEach((value, i) => {
      expect(value).toBeCloseTo(reference.data[i]! / 255, 5)
    })
  })

  test('with shut gates is the wavelet transfer of as many levels', async () => {
    const graphs = await graphsWith((measures) => constant(0, measures))
    const { data } = await restoredBy(image, reference, LEVELS, graphs)
    const expected = transferColor(image, reference, 'wavelet', LEVELS)
    data.forEach((value, i) => {
      expect(value).toBeCloseTo(expected.data[i]!, 5)
    })
  })

  test.each([
    ['at once', 2 ** 20],
    ['in strips of eight rows', 1],
    ['in two strips, of which the first one needs all rows', 40 * 53],
  ])('follows the definition %s', async (_, strip) => {
    let measured: Tensor | undefined
    const graphs = await graphsWith(async (measures) => {
      measured = measures
      return followed(measures)
    })
    const { data } = await restoredBy(image, reference, LEVELS, graphs, strip)
    const expected = defined(image, reference)
    expect(measured!.dims).toEqual([1, 5 * LEVELS, 6, 7])
    expect(largestDifference(measured!.data, expected.measures)).toBeLessThan(2e-4)
    expect(largestDifference(data, expected.data)).toBeLessThan(1e-4)
  })

  test('gives the same in one graph as in three, strip by strip', async () => {
    const graphs = await importedGraphs()
    const [whole, strips] = [
      await transferGated(image, reference, LEVELS, {
        ...graphs,
        measures: unwanted,
        gates: unwanted,
        transfer: unwanted,
      }),
      await transferGated(image, reference, LEVELS, { ...graphs, transferAll: unwanted }, 1),
    ]
    expect(largestDifference(whole.frame.data, [...strips.frame.data])).toBeLessThan(1e-5)
    expect(largestDifference(whole.frame.data, [...image.data])).toBeGreaterThan(0.01)
    expect(largestDifference(whole.where!, [...strips.where!])).toBeLessThan(1e-5)
    expect(new Set(whole.where).size).toBeGreaterThan(100)
  })

  test('says nothing of grain where the model was not taught it', async () => {
    const graphs = await importedGraphs(gateTensors(LEVELS, 4))
    expect((await transferGated(image, reference, LEVELS, graphs)).where).toBeUndefined()
    expect((await transferGated(image, reference, LEVELS, graphs, 1)).where).toBeUndefined()
  })

  test('finds no energy in equal flat pictures, and leaves them', async () => {
    const flat: Frame = { width: 16, height: 8, channels: 3, data: new Float32Array(16 * 8 * 3).fill(0.25) }
    let measured: Tensor | undefined
    const graphs = await graphsWith((measures) => {
      measured = measures
      return constant(0.5, measures)
    })
    const result = await restoredBy(flat, flat, LEVELS, graphs)
    const energies = measured!.data.subarray(0, 4 * LEVELS * 2)
    energies.forEach((value) => {
      expect(value).toBeCloseTo(Math.log(1e-6) / 4 + 2, 3)
    })
    measured!.data.subarray(4 * LEVELS * 2).forEach((correlation) => {
      expect(correlation).toBeCloseTo(0, 5)
    })
    result.data.forEach((value) => {
      expect(value).toBeCloseTo(0.25, 6)
    })
  })
})

/** Gates that follow the first measures. */
function followed({ data, dims }: Tensor): Tensor {
  const [rows, columns] = [dims[2]!, dims[3]!]
  return { data: data.slice(0, 2 * LEVELS * rows * columns).map(gateOf), dims: [1, 2 * LEVELS, rows, columns] }
}

function gateOf(measure: number): number {
  return 0.5 + 0.4 * Math.sin(3 * measure)
}

/** The definition, plane by plane and in double precision. */
function defined(image: Frame, reference: Frame): { readonly data: number[]; readonly measures: number[] } {
  const { width, height } = image
  const colours = (frame: Frame, divisor: number): number[][] => {
    const planes: number[][] = [[], [], []]
    for (let i = 0; i < width * height; i++) {
      const [r, g, b] = [0, 1, 2].map((c) => frame.data[3 * i + c]! / divisor) as [number, number, number]
      const y = 0.299 * r + 0.587 * g + 0.114 * b
      planes[0]!.push(y)
      planes[1]!.push(r - y)
      planes[2]!.push(b - y)
    }
    return planes
  }
  const [x, y] = [colours(reference, 255), colours(image, 1)]
  const [xBands, yBands] = [bandsOf(x[0]!, width, height), bandsOf(y[0]!, width, height)]
  const change = x.map((plane, c) =>
    bandsOf(
      plane.map((value, i) => value - y[c]![i]!),
      width,
      height,
    ),
  )
  const [rows, columns] = [Math.ceil(height / 8), Math.ceil(width / 8)]
  const cells = (value: (i: number) => number): number[] =>
    Array.from({ length: rows * columns }, (_, cell) => {
      const [top, left] = [Math.floor(cell / columns) * 8, (cell % columns) * 8]
      let [sum, count] = [0, 0]
      for (let row = top; row < Math.min(height, top + 8); row++) {
        for (let column = left; column < Math.min(width, left + 8); column++, count++)
          sum += value(row * width + column)
      }
      return sum / count
    })
  const kinds: number[][][] = [[], [], [], [], []]
  for (let level = 0; level < LEVELS; level++) {
    const [dx, dy] = [xBands.details[level]!, yBands.details[level]!]
    const [dr, du, dv] = change.map(({ details }) => details[level]!) as [number[], number[], number[]]
    const [xx, yy, xy] = [cells((i) => dx[i]! ** 2), cells((i) => dy[i]! ** 2), cells((i) => dx[i]! * dy[i]!)]
    const energies = [xx, yy, cells((i) => dr[i]! ** 2), cells((i) => (du[i]! ** 2 + dv[i]! ** 2) / 2)]
    for (const [kind, energy] of energies.entries()) {
      kinds[kind]!.push(energy.map((value) => Math.log(value + 1e-6) / 4 + 2))
    }
    kinds[4]!.push(xy.map((value, cell) => value / Math.sqrt(xx[cell]! * yy[cell]! + 1e-12)))
  }
  const measures = kinds.flat(2)
  const gates = measures.slice(0, 2 * LEVELS * rows * columns).map(gateOf)
  const gateAt = (channel: number, row: number, column: number): number => {
    const [v, u] = [Math.max(0, (row + 0.5) / 8 - 0.5), Math.max(0, (column + 0.5) / 8 - 0.5)]
    const at = (r: number, c: number): number =>
      gates[(channel * rows + Math.min(r, rows - 1)) * columns + Math.min(c, columns - 1)]!
    const [top, left, down, along] = [Math.floor(v), Math.floor(u), v % 1, u % 1]
    const upper = at(top, left) * (1 - along) + at(top, left + 1) * along
    return upper * (1 - down) + (at(top + 1, left) * (1 - along) + at(top + 1, left + 1) * along) * down
  }
  const data: number[] = []
  for (let i = 0; i < width * height; i++) {
    const [row, column] = [Math.floor(i / width), i % width]
    const [luma, red, blue] = change.map(({ details, wide }, c) =>
      details.reduce((sum, detail, l) => sum + gateAt(Math.min(c, 1) * LEVELS + l, row, column) * detail[i]!, wide[i]!),
    ) as [number, number, number]
    const green = luma - (0.299 * red + 0.114 * blue) / 0.587
    data.push(...[luma + red, green, luma + blue].map((value, c) => image.data[3 * i + c]! + value))
  }
  return { data, measures }
}

function bandsOf(plane: number[], width: number, height: number): { details: number[][]; wide: number[] } {
  const details: number[][] = []
  let wide = plane
  for (let level = 0; level < LEVELS; level++) {
    const hole = 2 ** level
    const at = (values: number[], row: number, column: number): number =>
      values[Math.min(height - 1, Math.max(0, row)) * width + Math.min(width - 1, Math.max(0, column))]!
    const pass = (values: number[], down: number, along: number): number[] =>
      values.map((value, i) => {
        const [row, column] = [Math.floor(i / width), i % width]
        return 0.5 * value + 0.25 * (at(values, row - down, column - along) + at(values, row + down, column + along))
      })
    const next = pass(pass(wide, hole, 0), 0, hole)
    details.push(wide.map((value, i) => value - next[i]!))
    wide = next
  }
  return { details, wide }
}

function largestDifference(a: ArrayLike<number>, b: readonly number[]): number {
  expect(a.length).toBe(b.length)
  return b.reduce((largest, value, i) => Math.max(largest, Math.abs(value - a[i]!)), 0)
}
