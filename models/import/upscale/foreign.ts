import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { UpscalerManifest } from '../../installed/manifest.ts'
import { invalidCheckpoint } from '../failure.ts'
import type { Description, ModelDraft } from '../model-draft.ts'
import {
  type Convention,
  type ForeignGraph,
  type ForeignValue,
  readForeignGraph,
  wrapForeignGraph,
} from './foreign-graph.ts'

/** Runs an ONNX file once; values are converted from and to the types that it takes and gives. */
export type TryRun = (
  path: string,
  input: { readonly type: ForeignValue['type']; readonly values: Float32Array; readonly dims: readonly number[] },
) => Promise<{ readonly values: Float32Array; readonly dims: readonly number[] }>

export interface ForeignOptions {
  /** How a graph that somebody else made is tried out; needed for .onnx only. */
  readonly tryRun?: TryRun | undefined
  /** What black and white are to it. @default found out by trying, 0 and 1 where -1 and 1 would do too */
  readonly range?: Convention['range'] | undefined
}

type Naming = Omit<Extract<Description, { kind: 'upscaler' }>, 'constants' | 'description'>

/** Any ONNX network of one picture in and one out: its layout, range and scale are found out by running it. */
export async function draftForeign(path: string, naming: Naming, options: ForeignOptions): Promise<ModelDraft> {
  const bytes = await readFile(path)
  const graph = readForeignGraph(bytes, path)
  const missing = graph.externalFiles.find((name) => !existsSync(join(dirname(path), name)))
  if (missing !== undefined)
    throw invalidCheckpoint(`${path}: expected its weights in ${missing} beside it, found none.`, BESIDE)
  const { constants, convention, doubts } = await new Probe(path, graph, options).run()
  const files = graph.externalFiles.map((name) => [name, join(dirname(path), name)] as const)
  return {
    description: {
      ...naming,
      description: `An ONNX network, ×${constants.scale}, with pictures as ${convention.layout}, ${WORDS[convention.range]}.`,
      constants,
    },
    graphs: { base: { upscaler: wrapForeignGraph(bytes, graph, convention, constants.channels, path) }, variants: {} },
    written: { constants: [], links: new Map(files), precision: graph.isHalf ? 'fp16' : 'fp32', work: new Map() },
    parameters: graph.parameters,
    sources: [],
    doubts,
  }
}

const BESIDE = 'An ONNX file may keep its weights in a second one; download that too, into the same folder.'

const WORDS = { unit: '0 to 1', bytes: '0 to 255', symmetric: '-1 to 1' } as const

/** Multiples that networks with windows or strides ask of a side. */
const MULTIPLES = [1, 2, 4, 8, 16, 32, 64]

/** Sides at first; different ones, so that a turned picture is noticed. */
const WIDTH = 48
const HEIGHT = 32

/** What a fixed side must have for tiles to fit into it, whose sides are multiples of 8. */
const SMALLEST = 8

class Probe {
  readonly #path: string
  readonly #graph: ForeignGraph
  readonly #tryRun: TryRun
  readonly #range: Convention['range'] | undefined

  constructor(path: string, graph: ForeignGraph, { tryRun, range }: ForeignOptions) {
    if (!tryRun) throw new Error('an ONNX file can only be imported where it can be run')
    this.#path = path
    this.#graph = graph
    this.#tryRun = tryRun
    this.#range = range
  }

  async run(): Promise<Probed> {
    const { layout, channels, size } = this.#shape()
    const { scale, multiple } = await this.#scale(layout, channels, size)
    const sides = size ?? {
      width: multiple * Math.ceil(WIDTH / multiple),
      height: multiple * Math.ceil(HEIGHT / multiple),
    }
    const enlarge = (grey: number) => this.#enlargeGrey(layout, channels, sides, grey)
    const range = this.#range ?? (await this.#findRange(enlarge))
    const isDoubtful = this.#range === undefined && range === 'unit' && isKept(-0.5, await enlarge(-0.5))
    const constants = { architecture: 'ONNX', scale, channels, paddingMultiple: multiple, ...(size && { size }) }
    return { constants, convention: { layout, range }, doubts: isDoubtful ? [`${this.#path}: ${DOUBT}`] : [] }
  }

  #shape() {
    const { name, dims } = this.#graph.input
    const [batch, second, third, last] = dims
    const isColour = (count: number | undefined): count is 1 | 3 => count === 1 || count === 3
    const layout = isColour(second) || !isColour(last) ? ('nchw' as const) : ('nhwc' as const)
    const channels = layout === 'nchw' ? (second ?? 3) : last
    if (dims.length !== 4 || (batch ?? 1) !== 1 || !isColour(channels))
      throw this.#refused(`${name} as one picture of 1 or 3 channels, [1, 3, H, W] or [1, H, W, 3]`, `[${shown(dims)}]`)
    // Some exporters write 0 where a side is open.
    const [height, width] = (layout === 'nchw' ? [third, last] : [second, third]).map((side) => side || undefined)
    if (width === undefined && height === undefined) return { layout, channels, size: undefined }
    if (width === undefined || height === undefined || Math.min(width, height) < SMALLEST)
      throw this.#refused(`${name} with both sides open, or both fixed at ${SMALLEST} or more`, `[${shown(dims)}]`)
    return { layout, channels, size: { width, height } }
  }

  async #scale(layout: Convention['layout'], channels: number, size: Sides | undefined) {
    let failure: unknown
    for (const multiple of size ? [1] : MULTIPLES) {
      // One more than the last multiple that worked would do: 33 × 49, 34 × 50, 36 × 52 and so on.
      const sides = size ?? { width: WIDTH + multiple, height: HEIGHT + multiple }
      const padded = multiple >= HEIGHT ? { width: 2 * multiple, height: multiple } : sides
      try {
        const { dims } = await this.#enlarge(layout, channels, padded, 0.5)
        const scale = scaleOf(layout, dims, channels, padded)
        if (scale !== undefined) return { scale, multiple }
        failure = this.#refused(`${this.#graph.output.name} as a picture a whole number of times as large`, `[${dims}]`)
      } catch (error) {
        failure = error
      }
    }
    const reason = failure instanceof Error ? failure.message.split('\n')[0] : String(failure)
    throw this.#refused('a network that enlarges a picture', reason ?? '')
  }

  /** Grey stays grey, whatever the range; only in the right one it is neither nearly black nor burnt out. */
  async #findRange(enlarge: (grey: number) => Promise<number>): Promise<Convention['range']> {
    if (this.#graph.input.type === 'uint8') return 'bytes'
    const tried: string[] = []
    for (const [range, grey] of [
      ['unit', 0.5],
      ['bytes', 127.5],
    ] as const) {
      const mean = await enlarge(grey)
      if (isKept(grey, mean)) return range
      tried.push(`${grey} to ${mean.toPrecision(3)}`)
    }
    throw this.#refused('a network that leaves grey as it is', tried.join(' and '))
  }

  /** The mean of what it makes of an even grey. */
  async #enlargeGrey(layout: Convention['layout'], channels: number, sides: Sides, grey: number): Promise<number> {
    const { values } = await this.#enlarge(layout, channels, sides, grey).catch((error: Error) => {
      throw this.#refused('a network that takes any picture of its size', error.message.split('\n')[0]!)
    })
    return values.reduce((sum, value) => sum + value, 0) / values.length
  }

  #enlarge(layout: Convention['layout'], channels: number, { width, height }: Sides, grey: number) {
    const dims = layout === 'nchw' ? [1, channels, height, width] : [1, height, width, channels]
    const values = new Float32Array(channels * width * height).fill(grey)
    return this.#tryRun(this.#path, { type: this.#graph.input.type, values, dims })
  }

  #refused(expected: string, actual: string): Error {
    return invalidCheckpoint(`${this.#path}: expected ${expected}, got ${actual}.`, REMEDY)
  }
}

interface Probed {
  readonly constants: UpscalerManifest['constants']
  readonly convention: Convention
  readonly doubts: readonly string[]
}

interface Sides {
  readonly width: number
  readonly height: number
}

/** How far grey may move: networks with random weights do not keep it, those that were trained do. */
const TOLERANCE = 0.3

function isKept(grey: number, mean: number): boolean {
  return Math.abs(mean - grey) < Math.abs(grey) * TOLERANCE
}

/** One of 0..1 may do so as well, since nothing makes it stop at 0: what it was trained for cannot be told. */
const DOUBT =
  'taken for a network of 0..1, but it keeps -0.5 as it is too and may be one of -1..1. Say which with --range unit or --range symmetric.'

const REMEDY =
  'Only networks that enlarge one picture can be brought as ONNX; name --range where grey does not stay grey.'

function scaleOf(
  layout: Convention['layout'],
  dims: readonly number[],
  channels: number,
  sides: Sides,
): number | undefined {
  const [height, width, depth] = layout === 'nchw' ? [dims[2], dims[3], dims[1]] : [dims[1], dims[2], dims[3]]
  const scale = (width ?? 0) / sides.width
  const isScaled = Number.isInteger(scale) && scale >= 1 && height === scale * sides.height
  return isScaled && dims.length === 4 && depth === channels ? scale : undefined
}

function shown(dims: readonly (number | undefined)[]): string {
  return dims.map((size) => size ?? '?').join(', ')
}
