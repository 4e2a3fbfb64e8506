import type { GraphNode } from './expansion.ts'
import type { GendrModel, Image, IqaModel, Tensor, UpscaleModel } from './values.ts'

/** What a node gets from the host. Implemented by the runner; nodes never import the server. */
export interface RunContext {
  /** Aborts when the run is cancelled; long work checks it between steps. */
  readonly signal: AbortSignal
  /** The id of the node in the submitted graph. */
  readonly nodeId: string
  /** A node of the graph that this one is in, those that were expanded included (ComfyUI: DYNPROMPT). */
  node(id: string): GraphNode | undefined
  /**
   * The name of the file that this node's picture is made from, by the links of the graph; undefined where there is none,
   * where that is not clear, and where results shall not say what their pictures say.
   */
  origin(): string | undefined
  readonly files: Files
  readonly models: Models
  readonly inference: Inference
  /** Pixels (of one frame) that may be decoded or made; more is refused with `image_too_large`. */
  readonly maxPixels: number
  /** What ComfyUI calls hidden inputs: written into saved files unless the host disables metadata. */
  readonly metadata: { readonly prompt: unknown; readonly extraPnginfo: Readonly<Record<string, unknown>> }
  /** Report `value` of `max` steps; `preview` is shown while the node runs. Throws when the run is cancelled. */
  progress(value: number, max: number, preview?: Image): void
  /** A whole picture, as PNG, for the client that the run is of; it is kept nowhere. */
  send(png: Uint8Array): void
  /** A line for people about what the node is doing; clients may show it on the node. */
  say(text: string): void
  /** As `say`, of what a person who only looks at the result must know: a part of the picture is lost, or something was left out. */
  warn(text: string): void
}

export type FolderType = 'input' | 'output' | 'temp'

/** A file as ComfyUI's clients name it. */
export interface FileReference {
  readonly filename: string
  readonly subfolder: string
  readonly type: FolderType
}

/** Files by name inside their roots; a run that came over a socket may have no disk behind it. */
export interface Files {
  /**
   * Bytes of an input. `name` is `[subfolder/]file`, optionally ending in ` [input]`, ` [output]` or ` [temp]`.
   * @throws RestorationError `file_not_found`, `path_outside`
   */
  read(name: string): Promise<Uint8Array>
  /** Something that changes when the file's content does, for the cache key; cheap. */
  fingerprint(name: string): Promise<string>
  /**
   * Store the next file of a numbered series: `{prefix}_{00001}_.{extension}`; the prefix may hold folders.
   * @throws RestorationError `path_outside`
   */
  write(type: 'output' | 'temp', prefix: string, extension: string, bytes: Uint8Array): Promise<FileReference>
}

export interface Models {
  /** Something that changes when the model's manifest does, for the cache key; cheap. */
  fingerprint(name: string): Promise<string>
  /**
   * A model as it is asked in one of its settings: `default`, or the name of one of its prompts.
   * @throws RestorationError `model_not_found` (naming those that are installed), `model_corrupt`, `invalid_input`
   */
  open(name: string, setting: string): Promise<GendrModel>
  /** @throws RestorationError as `open` */
  openUpscaler(name: string): Promise<UpscaleModel>
  /** A network that scores pictures, by its file's name. @throws RestorationError `model_not_found` */
  openIqa(name: string): Promise<IqaModel>
  /** Something that changes when its file does; cheap. */
  fingerprintIqa(name: string): Promise<string>
}

/** The graphs of a model: of a latent restorer the first four, of a pixel restorer the UNet, of both those of their transfer. */
export type ModelPart =
  | 'encoder'
  | 'unet'
  | 'decoder'
  | 'fused'
  | 'measures'
  | 'gates'
  | 'transfer'
  | 'transferAll'
  | 'upscaler'

export interface Inference {
  /** How many calls are computed at once where they are small; more wait. */
  readonly atOnce: number
  /**
   * Run one graph of a model on a tensor for each of its inputs, most have one; they and its only output are float32
   * [batch, channels, height, width]. Buffers of inputs may be transferred and must not be used again.
   * @throws RestorationError `model_corrupt`, `inference_failed`, `output_not_finite`, `interrupted`
   */
  run(model: GendrModel | UpscaleModel, part: ModelPart, input: Tensor | readonly Tensor[]): Promise<Tensor>
  /** What the graph of an IQA network takes and gives; loads it. @throws RestorationError `model_corrupt` */
  signature(model: IqaModel): Promise<GraphSignature>
  /**
   * The first output of an IQA network, of one tensor for each of its inputs, which are converted to the types that it
   * takes; their buffers may be transferred. @throws RestorationError as `run`
   */
  score(model: IqaModel, inputs: readonly Tensor[]): Promise<Tensor>
}

/** Inputs and outputs of a graph, in its own order. */
export interface GraphSignature {
  readonly inputs: readonly TensorSignature[]
  readonly outputs: readonly TensorSignature[]
}

export interface TensorSignature {
  readonly name: string
  /** As ONNX Runtime names it: float32, float16, uint8, int64, … */
  readonly type: string
  /** Undefined where any size will do; empty where the graph does not say. */
  readonly dims: readonly (number | undefined)[]
}
