import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import onnxProto from 'onnx-proto'
import type { RestorerManifest } from '../installed/manifest.ts'
import { CONDITIONING_FILE } from './conditioning.ts'
import { KEPT_FILE, openConditioningWeights } from './conditioning-weights.ts'
import { type Folded, folding } from './folding.ts'
import { encoded } from './network.ts'

/** What a UNet is asked with. */
export interface Question {
  /** The name of one of the model's prompts. */
  readonly prompt: string
  readonly timestep: number
}

/** One of a model's settings, which have the names of its prompts. */
export interface Setting extends Question {
  /** Film grain afterwards, as a multiple of the missing detail. */
  readonly grain: number
}

type Conditioning = NonNullable<RestorerManifest['conditioning']>

/** A question, and how its constants are computed. */
export type Asked = Question & Pick<Conditioning, 'flipSinToCos' | 'freqShift'>

/** The setting of that name; undefined where a model has none. */
export function settingOf(manifest: RestorerManifest, name: string): Setting | undefined {
  const { conditioning, constants } = manifest
  const grainOf = (prompt: string) => conditioning?.grain?.[prompt] ?? 0
  if (name === DEFAULT_SETTING) {
    const prompt = conditioning?.prompt ?? DEFAULT_SETTING
    return { prompt, timestep: constants.timestep, grain: grainOf(prompt) }
  }
  if (!conditioning?.prompts.includes(name)) return undefined
  return { prompt: name, timestep: conditioning.timesteps?.[name] ?? constants.timestep, grain: grainOf(name) }
}

/** The setting that every model has: what is folded into its graphs, whatever prompt that is. */
export const DEFAULT_SETTING = 'default'

/**
 * The ONNX graph at `path` asked with something else than is folded into it: the constants that depend on it are
 * computed and lie in the graph, all other weights stay in the files beside it.
 */
export async function askedGraph(path: string, asked: Asked): Promise<Uint8Array> {
  const fold = foldingOf(dirname(path), asked)
  const model = onnxProto.onnx.ModelProto.decode(await readFile(path))
  for (const initializer of (model.graph?.initializer ?? []).filter(isFolded)) {
    const { shape, values } = fold(initializer.name!)
    const [rawData] = [...encoded([values], storedAs(initializer))]
    Object.assign(initializer, { dims: [...shape], rawData, externalData: [], dataLocation: INLINE })
  }
  return onnxProto.onnx.ModelProto.encode(model).finish()
}

/** What computes the constants of the model in a folder that timestep and prompt decide. */
export function foldingOf(directory: string, asked: Asked): (name: string) => Folded {
  const { tensors, prompt } = openConditioningWeights(join(directory, KEPT_FILE), asked.prompt)
  return folding({ tensors, timestep: asked.timestep, prompt, flip: asked.flipSinToCos, shift: asked.freqShift })
}

/** Whether timestep or prompt decide the constant. */
export function isFolded({ externalData }: onnxProto.onnx.ITensorProto): boolean {
  return externalData?.some(({ key, value }) => key === 'location' && value === CONDITIONING_FILE) ?? false
}

/** What a constant is stored as. */
export function storedAs({ dataType }: onnxProto.onnx.ITensorProto): 'fp16' | 'fp32' {
  return dataType === onnxProto.onnx.TensorProto.DataType.FLOAT16 ? 'fp16' : 'fp32'
}

const INLINE = onnxProto.onnx.TensorProto.DataLocation.DEFAULT
