import { Tensor } from 'onnxruntime-node'
import { floatsToHalves, halvesToFloats } from '../../models/installed/half.ts'

/** Types of pictures that graphs of others take. */
export type PictureType = 'float32' | 'float16' | 'uint8'

/** Values as a tensor of the type; integers are cut off, not rounded. */
export function toTensor(type: PictureType, values: Float32Array, dims: readonly number[]): Tensor {
  switch (type) {
    case 'float32':
      return new Tensor('float32', values, dims)
    case 'float16':
      return new Tensor('float16', floatsToHalves(values), dims)
    case 'uint8':
      return new Tensor('uint8', Uint8Array.from(values), dims)
  }
}

/** The values of a tensor of numbers; those of float32 are not copied. */
export function toFloats({ data, type }: Tensor): Float32Array {
  if (type === 'float32') return data as Float32Array
  if (type === 'float16') return halvesToFloats(new Uint16Array(data as Uint16Array))
  return Float32Array.from(data as ArrayLike<number | bigint>, Number)
}
