import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { UpscalerManifest } from '../../installed/manifest.ts'
import { invalidCheckpoint } from '../failure.ts'
import { formatOf } from '../file-format.ts'
import type { Description, ModelDraft } from '../model-draft.ts'
import {
  type Convention,
  type ForeignGraph,
  type ForeignValue,
  readForeignGraph,
  wrapForeignGraph,
} from './foreign-graph.ts'
import { levelOf, RANGES, type Range, shareOf } from './range.ts'

/** Runs a graph once; values are converted from and to the types that it takes and gives. */
export type TryRun = (
  graph: {
    readonly path: string
    /** What takes the file's place; its weights lie where the file's do. */
    readonly bytes?: Uint8Array
  },
  input: { readonly type: ForeignValue['type']; readonly values: Float32Array; readonly dims: readonly number[] },
) => Promise<{ readonly values: Float32Array; readonly dims: readonly number[] }>

export interface ForeignOptions {
  /** How a graph that somebody else made is tried out; needed for .onnx only. */
  readonly tryRun?: TryRun | undefined
  /** What black and white are to it. @default found out by trying, 0 and 1 where -1 and 1 would do too */
  readonly levels?: Pick<Convention, 'takes' | 'gives'> | undefined
}

type Naming = Omit<Extract<Description, { kind: 'upscaler' }>, 'constants' | 'description'>

/**
 * Any ONNX network of one picture in and one out: its layout, ranges and scale are found out by running it. What is made
 * of it is run too, since nothing else would before somebody needs it.
 */
export async function draftForeign(path: string, naming: Naming, options: ForeignOptions): Promise<ModelDraft> {
  const format = formatOf(path)
  if (format)
    throw invalidCheckpoint(`${path}: expected an ONNX model, got ${FORMATS[format].what}.`, FORMATS[format].remedy)
  const bytes = await readFile(path)
  const graph = readForeignGraph(bytes, path)
  const missing = graph.externalFiles.find((name) => !existsSync(join(dirname(path), name)))
  if (missing !== undefined)
    throw invalidCheckpoint(`${path}: expected its weights in ${missing} beside it, found none.`, BESIDE)
  const probe = new Probe(path, graph, options)
  const { constants, convention, doubts } = await probe.run()
  const upscaler = wrapForeignGraph(bytes, graph, convention, constants.channels, path)
  await probe.check(upscaler, constants)
  const files = graph.externalFiles.map((name) => [name, join(dirname(path), name)] as const)
  return {
    description: {
      ...naming,
      description: `An ONNX network, ×${constants.scale}, with pictures as ${convention.layout}, ${inWords(convention)}.`,
      constants,
    },
    graphs: { base: { upscaler }, variants: {} },
    written: { constants: [], links: new Map(files), precision: graph.isHalf ? 'fp16' : 'fp32', work: new Map() },
    parameters: graph.parameters,
    sources: [],
    doubts,
  }
}

const FORMATS = {
  torch: { what: 'a file that torch.save wrote', remedy: 'Let its name end in .pth.' },
  safetensors: { what: 'a safetensors file', remedy: 'Let its name end in .safetensors.' },
} as const

const BESIDE = 'An ONNX file may keep its weights in a second one; download that too, into the same folder.'

function inWords({ takes, gives }: Convention): string {
  const [taken, given] = [takes, gives].map((range) => `${RANGES[range].black} to ${RANGES[range].white}`)
  return takes === gives ? taken! : `${taken} in and ${given} out`
}

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
  readonly #levels: ForeignOptions['levels']

  constructor(path: string, graph: ForeignGraph, { tryRun, levels }: ForeignOptions) {
    if (!tryRun) throw new Error('an ONNX file can only be imported where it can be run')
    this.#path = path
    this.#graph = graph
    this.#tryRun = tryRun
    this.#levels = levels
  }

  async run(): Promise<Probed> {
    const { layout, channels, size } = this.#shape()
    const { scale, multiple } = await this.#scale(layout, channels, size)
    const constants = { architecture: 'ONNX', scale, channels, paddingMultiple: multiple, ...(size && { size }) }
    const enlarge = (grey: number) => this.#enlargeGrey(layout, channels, sidesOf(constants), grey)
    const ranges = this.#said() ?? (await this.#findRanges(enlarge))
    const isUnit = ranges.takes === 'unit' && ranges.gives === 'unit'
    const isDoubtful = this.#levels === undefined && isUnit && isGrey(-0.5, 'unit', await enlarge(-0.5))
    return { constants, convention: { layout, ...ranges }, doubts: isDoubtful ? [`${this.#path}: ${DOUBT}`] : [] }
  }

  /** Runs the graph that was made of it: it must do what every upscaler does, and find grey grey where ranges were found by that. */
  async check(bytes: Uint8Array, constants: Probed['constants']): Promise<void> {
    const { scale, channels } = constants
    const { width, height } = sidesOf(constants)
    const values = new Float32Array(channels * width * height).fill(0.5)
    const input = { type: 'float32', values, dims: [1, channels, height, width] } as const
    const result = await this.#tryRun({ path: this.#path, bytes }, input).catch((error: Error) => {
      throw this.#refused('a graph that still runs between conversions of its picture', firstLine(error))
    })
    const mean = meanOf(result.values)
    const isRight = scaleOf('nchw', result.dims, channels, { width, height }) === scale && Number.isFinite(mean)
    if (!isRight || (this.#levels === undefined && !isGrey(0.5, 'unit', mean)))
      throw this.#refused(
        `grey of [1, ${channels}, ${scale * height}, ${scale * width}] from a grey picture`,
        `[${result.dims.join(', ')}] of ${shownLevel(mean)}`,
      )
  }

  #shape() {
    const { name, dims } = this.#graph.input
    const [batch, second, third, last] = dims
    const isColour = (count: number | undefined): count is 1 | 3 => count === 1 || count === 3
    const layout = isColour(second) || !isColour(last) ? ('nchw' as const) : ('nhwc' as const)
    const channels = layout === 'nchw' ? (second ?? 3) : last
    if (dims.length !== 4 || (batch ?? 1) !== 1 || !isColour(channels))
      throw this.#refused(`${name} as one picture of 1 or 3 channels, [1, 3, H, W] or [1, H, W, 3]`, `[${shown(dims)}]`)
    const [height, width] = layout === 'nchw' ? [third, last] : [second, third]
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
    throw this.#refused('a network that enlarges a picture', firstLine(failure))
  }

  /** What somebody says of the ranges. */
  #said(): ForeignOptions['levels'] {
    const { input, output } = this.#graph
    for (const [{ name, type }, range] of [
      [input, this.#levels?.takes],
      [output, this.#levels?.gives],
    ] as const)
      if (range !== undefined && !rangesOf(type).includes(range))
        throw this.#refused(`a range of bytes for ${name}, which is ${type}`, range)
    return this.#levels
  }

  /** Grey stays grey, whatever the ranges; only in the right ones it is neither nearly black nor burnt out. */
  async #findRanges(enlarge: (grey: number) => Promise<number>): Promise<Pick<Convention, 'takes' | 'gives'>> {
    const { input, output } = this.#graph
    const tried: string[] = []
    for (const takes of rangesOf(input.type)) {
      const grey = levelOf(0.5, takes)
      const mean = await enlarge(grey)
      const gives = rangesOf(output.type).find((range) => isGrey(0.5, range, mean))
      // What is much too dark for a network comes out nearly as 0, which is grey in -1..1; there brighter must be brighter.
      if (gives && (gives !== 'symmetric' || isGrey(0.75, gives, await enlarge(levelOf(0.75, takes)))))
        return { takes, gives }
      tried.push(`${grey} to ${shownLevel(mean)}`)
    }
    throw this.#refused('a network that leaves grey as it is', tried.join(', '))
  }

  /** The mean of what it makes of an even grey. */
  async #enlargeGrey(layout: Convention['layout'], channels: number, sides: Sides, grey: number): Promise<number> {
    const { values } = await this.#enlarge(layout, channels, sides, grey).catch((error: Error) => {
      throw this.#refused('a network that takes any picture of its size', firstLine(error))
    })
    return meanOf(values)
  }

  #enlarge(layout: Convention['layout'], channels: number, { width, height }: Sides, grey: number) {
    const dims = layout === 'nchw' ? [1, channels, height, width] : [1, height, width, channels]
    const values = new Float32Array(channels * width * height).fill(grey)
    return this.#tryRun({ path: this.#path }, { type: this.#graph.input.type, values, dims })
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

/** How far a share of white may move: networks with random weights do not keep grey, those that were trained do. */
const TOLERANCE = 0.15

/** Whether `mean` is about so much of white in the range. */
function isGrey(share: number, range: Range, mean: number): boolean {
  return Math.abs(shareOf(mean, range) - share) < TOLERANCE
}

/** The ranges that a picture of the type may have, the likeliest first. */
function rangesOf(type: ForeignValue['type']): readonly Range[] {
  return type === 'uint8' ? ['bytes'] : ['unit', 'bytes', 'symmetric']
}

function meanOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!
}

function shownLevel(mean: number): string {
  return mean.toPrecision(3)
}

/** A picture to try it with. */
function sidesOf({ size, paddingMultiple: multiple }: Probed['constants']): Sides {
  return size ?? { width: multiple * Math.ceil(WIDTH / multiple), height: multiple * Math.ceil(HEIGHT / multiple) }
}

/** One of 0..1 may do so as well, since nothing makes it stop at 0: what it was trained for cannot be told. */
const DOUBT =
  'taken for a network of 0..1, but it keeps -0.5 as it is too and may be one of -1..1. Say which with --range unit or --range symmetric.'

const REMEDY =
  'Only networks that enlarge one picture can be brought as ONNX; name --range, or --range IN:OUT, where grey does not stay grey.'

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
