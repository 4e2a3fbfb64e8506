import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import onnxProto from 'onnx-proto'
import type { Asked } from '../installed/setting.ts'
import { CONDITIONING_FILE } from './conditioning.ts'
import { KEPT_FILE, openConditioningWeights } from './conditioning-weights.ts'
import { type Folded, folding } from './folding.ts'
import { encoded } from './network.ts'

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
