import type { z } from 'zod'
import type { Blocker } from './blocker.ts'
import type { FileReference, RunContext } from './context.ts'
import type { Expansion, GraphLink } from './expansion.ts'
import type { SizeRule } from './size-rule.ts'
import type { SocketType, SocketValues } from './values.ts'

/** A typed socket that takes a link. */
export interface InputSocket {
  readonly type: SocketType
  readonly tooltip?: string
  /** Absent means required. */
  readonly optional?: boolean
  /** Computed only when the node asks for it with `needed`; undefined until then (ComfyUI: lazy). */
  readonly lazy?: boolean
  /** The node gets the link, `[id, output index]`, and what is behind it is not computed for it (ComfyUI: rawLink). */
  readonly raw?: boolean
}

export interface OutputSocket {
  readonly type: SocketType
  readonly name?: string
  readonly tooltip?: string
  /** The node returns an array that maps over the nodes downstream (ComfyUI: OUTPUT_IS_LIST). */
  readonly list?: boolean
}

/** Presentation of a parameter; put on the zod schema with `.meta()`. */
export interface ParameterMeta {
  readonly tooltip?: string
  readonly step?: number
  readonly multiline?: boolean
  /** May be left out, which means its default: for what ComfyUI's node of that name does not have. */
  readonly optional?: boolean
  /** Options that only the host knows: files in the input folder, installed models. */
  readonly optionsFrom?: OptionsSource
  /** Whole numbers are INT without this; numbers are FLOAT. Set by `.int()`. */
  readonly display?: 'number' | 'slider'
}

export type OptionsSource = 'input_images' | 'gendr_models' | 'gendr_settings' | 'upscale_models' | 'iqa_models'

/**
 * What of its parameters a person can set on the picture that goes into it: the editor offers a tool for that, other
 * clients pass over it. Names are those of the node's own inputs and parameters.
 */
export type PictureTool<Input extends string = string, Parameter extends string = string> =
  /** A rectangle of the picture: whole numbers, in its pixels. */
  | {
      readonly kind: 'rectangle'
      readonly on: Input
      readonly x: Parameter
      readonly y: Parameter
      readonly width: Parameter
      readonly height: Parameter
    }
  /** How far the picture is turned, in degrees, clockwise: by drawing what shall be level or upright. */
  | { readonly kind: 'level'; readonly on: Input; readonly angle: Parameter }

type Inputs = Readonly<Record<string, InputSocket>>
type Outputs = Readonly<Record<string, OutputSocket>>
type Parameters = z.ZodObject

type InputValue<S extends InputSocket, L> = S extends { raw: true }
  ? GraphLink
  : S extends { lazy: true }
    ? (L extends true ? readonly SocketValues[S['type']][] : SocketValues[S['type']]) | undefined
    : L extends true
      ? readonly SocketValues[S['type']][]
      : S extends { optional: true }
        ? SocketValues[S['type']] | undefined
        : SocketValues[S['type']]

export type InputsOf<I extends Inputs, L = false> = { readonly [K in keyof I]: InputValue<I[K], L> }

export type OutputsOf<O extends Outputs> = {
  readonly [K in keyof O]: O[K] extends { list: true }
    ? readonly (SocketValues[O[K]['type']] | Blocker)[]
    : SocketValues[O[K]['type']] | Blocker
}

/** What a run returns: the outputs and what to show, or a graph that makes the outputs. */
export type ResultOf<O extends Outputs> = (OutputsOf<O> & { readonly ui?: NodeUi }) | Expansion

/** What an output node shows on itself; sent to clients in `executed`. */
export interface NodeUi {
  readonly images?: readonly FileReference[]
  readonly text?: readonly string[]
  /** ImageCompare: two pictures of one view. */
  readonly a_images?: readonly FileReference[]
  readonly b_images?: readonly FileReference[]
}

/**
 * One node, one definition: everything else (validation, /object_info, widgets, docs, cache key) is derived from it.
 * `id` is the ComfyUI class_type.
 */
export interface NodeDefinition<
  I extends Inputs = Inputs,
  P extends Parameters = Parameters,
  O extends Outputs = Outputs,
  L extends boolean = boolean,
  R extends ResultOf<O> = ResultOf<O>,
> {
  readonly id: string
  readonly title: string
  readonly summary: string
  /** Other words for what it does, by which people search it (ComfyUI: search_aliases). */
  readonly aliases?: readonly string[]
  readonly inputs: I
  readonly parameters: P
  readonly outputs: O
  readonly tool?: PictureTool<keyof I & string, keyof P['shape'] & string>
  readonly size?: SizeRule<keyof I & string, keyof P['shape'] & string>
  /** An end of the graph: it runs because it has an effect (ComfyUI: OUTPUT_NODE). */
  readonly outputNode?: boolean
  /** The node takes whole lists: every input is an array (ComfyUI: INPUT_IS_LIST). */
  readonly listInput?: L
  /** What the result depends on besides inputs and parameters, e.g. the content of a file. */
  fingerprint?(parameters: z.output<P>, context: RunContext): Promise<string>
  /** Its pictures go on side by side, or one of them is chosen: no input is more than another. */
  readonly equalInputs?: boolean
  /** The result also depends on which node of the graph it is, so that equal nodes are computed each for itself. */
  readonly perNode?: boolean
  /** Names of the lazy inputs that are needed, given what is known so far; asked again until nothing is missing. */
  needed?(inputs: Partial<InputsOf<I, L>>, parameters: z.output<P>): readonly string[]
  run(inputs: InputsOf<I, L>, parameters: z.output<P>, context: RunContext): Promise<R> | R
}

/** Declares a node; only gives types, the definition stays plain data. */
export function defineNode<
  const I extends Inputs,
  P extends Parameters,
  const O extends Outputs,
  const L extends boolean = false,
  R extends ResultOf<O> = ResultOf<O>,
>(definition: NodeDefinition<I, P, O, L, R>): NodeDefinition<I, P, O, L, R> {
  return definition
}

/** A node of any types, as the runner holds it; its values are checked by the catalogue before it runs. */
export interface AnyNode {
  readonly id: string
  readonly title: string
  readonly summary: string
  readonly aliases?: readonly string[]
  readonly inputs: Inputs
  readonly parameters: Parameters
  readonly outputs: Outputs
  readonly tool?: PictureTool
  readonly size?: SizeRule
  readonly outputNode?: boolean
  readonly listInput?: boolean
  readonly perNode?: boolean
  readonly equalInputs?: boolean
  // biome-ignore lint/suspicious/noExplicitAny: the one place where the node's own types are erased
  needed?(inputs: any, parameters: any): readonly string[]
  // biome-ignore lint/suspicious/noExplicitAny: the one place where the node's own types are erased
  fingerprint?(parameters: any, context: RunContext): Promise<string>
  // biome-ignore lint/suspicious/noExplicitAny: the one place where the node's own types are erased
  run(inputs: any, parameters: any, context: RunContext): Promise<any> | any
}
