import { writeFile } from 'node:fs/promises'
import onnxProto from 'onnx-proto'
import type { GraphReference } from '../../../server/inference/messages.ts'

const { onnx } = onnxProto
const FLOAT = onnx.TensorProto.DataType.FLOAT

/** Writes a graph of one operator, `y = operator(x)`, float32 [1, 1, height, width]; `Conv` is a 1 × 1 of weight `weight`. */
export async function writeTinyModel(path: string, operator: 'Conv' | 'Log' | 'Reciprocal', weight = 1) {
  const type = {
    tensorType: { elemType: FLOAT, shape: { dim: [1, 1, 'h', 'w'].map(dimension) } },
  }
  const graph = {
    name: 'tiny',
    node: [{ opType: operator, input: operator === 'Conv' ? ['x', 'w'] : ['x'], output: ['y'] }],
    initializer: operator === 'Conv' ? [{ name: 'w', dims: [1, 1, 1, 1], dataType: FLOAT, floatData: [weight] }] : [],
    input: [{ name: 'x', type }],
    output: [{ name: 'y', type }],
  }
  const bytes = onnx.ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: '', version: 17 }], graph }).finish()
  await writeFile(path, bytes)
  return reference(path, bytes.length)
}

export function reference(path: string, bytes = 1): GraphReference {
  return { label: "unet of model 'tiny'", path, bytes }
}

function dimension(size: number | string) {
  return typeof size === 'number' ? { dimValue: size } : { dimParam: size }
}
