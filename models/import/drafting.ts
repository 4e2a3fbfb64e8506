import { type Constant, type Feature, GraphBuilder, type PlacedConstant } from './graph-builder.ts'
import { type Compute, cast, type Forms, type Network, type Precision } from './network.ts'
import { placing } from './placing.ts'
import type { Ranges } from './ranges.ts'
import type { Weights } from './weights.ts'
import type { Work } from './work.ts'

/** How weights are stored and graphs written. */
export interface DraftStyle {
  /** How weights are stored. @default as in the checkpoint, BF16 as fp32 */
  readonly precision?: Precision | undefined
  /** What the graphs compute with; halves are for GPUs. @default 'fp32' */
  readonly compute?: Compute | undefined
  /** @default PORTABLE_FORMS */
  readonly forms?: Forms | undefined
  /** Of what a checkpoint's convolutions take and give. */
  readonly ranges?: Ranges | undefined
  /** Refer to no file of the checkpoint. @default false */
  readonly copy?: boolean | undefined
}

/** Draws a graph from its inputs to its result. */
export type Body = (network: Network, ...inputs: Feature[]) => Feature

/** The name by which graphs refer to weights that are not as they lie in the checkpoint. */
export const WEIGHTS_FILE = 'weights.bin'

/** The graphs of one model, before they are written; they share one weights file, in which each constant lies once. */
export class Drafting {
  readonly #style: DraftStyle
  readonly #names: ReadonlyMap<string, string>
  readonly #place = placing()
  readonly #placed = new Map<string, PlacedConstant>()
  readonly #used: Constant[] = []
  readonly #base: Constant[] = []
  readonly #work = new Map<string, readonly Work[]>()

  /** @param parts the checkpoint's files by what their links beside the graphs are named after */
  constructor(style: DraftStyle, parts: Readonly<Record<string, Weights>>) {
    this.#style = style
    const names = Object.entries(parts).flatMap(([part, weights]) => namesOf(part, weights))
    this.#names = new Map(style.copy ? [] : names)
  }

  /** One ONNX file, float32 NCHW from all of `from` to `to`; `style` may differ from the model's. */
  draw(
    name: string,
    weights: Weights,
    from: readonly Feature[],
    to: string,
    body: Body,
    style: Pick<DraftStyle, 'compute' | 'forms'> = this.#style,
  ): Uint8Array {
    const { compute = 'fp32', forms } = style
    const graph = new GraphBuilder(name)
    const locate = (file: string) => this.#names.get(file)
    const network = {
      graph,
      weights,
      precision: this.#style.precision,
      compute,
      forms,
      ranges: this.#style.ranges,
      locate,
    }
    const inputs = from.map((input) => ({ ...input, name: cast(network, input.name, input.name, 'fp32', compute) }))
    const result = body(network, ...inputs)
    const output = { ...result, name: cast(network, to, result.name, compute, 'fp32') }
    const model = graph.finish(from, { ...output, name: to }, output, WEIGHTS_FILE, (constant) =>
      this.#offset(constant),
    )
    this.#used.push(...graph.constants)
    if (style === this.#style) this.#base.push(...graph.constants)
    this.#work.set(name, graph.work)
    return model
  }

  /** The contents of the weights file, in order of offset. */
  get constants(): readonly PlacedConstant[] {
    return [...this.#placed.values()]
  }

  /** The checkpoint's files that the graphs refer to, by their names beside the graphs. */
  get links(): ReadonlyMap<string, string> {
    const referred = new Set(this.#used.map(({ home }) => home?.location))
    return new Map(
      Array.from(this.#names, ([file, name]) => [name, file] as const).filter(([name]) => referred.has(name)),
    )
  }

  /** What each part costs, as it was drawn last. */
  get work(): ReadonlyMap<string, readonly Work[]> {
    return this.#work
  }

  /** How the graphs of the checkpoint's own style store weights. */
  get precision(): Precision {
    return (['int8', 'fp16'] as const).find((one) => this.#base.some(({ type }) => type === STORED[one])) ?? 'fp32'
  }

  #offset(constant: Constant): number {
    const key = `${constant.name}:${constant.type}`
    const placed = this.#placed.get(key) ?? { constant, offset: this.#place(constant) }
    this.#placed.set(key, placed)
    return placed.offset
  }
}

const STORED = { int8: 'int8', fp16: 'float16' } as const

/** What the files of one part are called beside the graphs. */
function namesOf(part: string, { files }: Weights): readonly (readonly [file: string, name: string])[] {
  return files.map((file, index) => {
    const extension = /\.[a-z0-9]+$/i.exec(file)?.[0] ?? ''
    return [file, files.length === 1 ? `${part}${extension}` : `${part}-${index + 1}${extension}`]
  })
}
