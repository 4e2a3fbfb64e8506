import type { Tensor } from '../sdk/values.ts'

/** Rows `top`..`bottom` of every channel of [1, channels, rows, columns], always a copy: its buffer may be transferred. */
export function cropRows(tensor: Tensor, top: number, bottom: number): Tensor {
  const [, channels = 0, rows = 0, columns = 0] = tensor.dims
  const data = new Float32Array(channels * (bottom - top) * columns)
  for (let channel = 0; channel < channels; channel++) {
    const from = tensor.data.subarray((channel * rows + top) * columns, (channel * rows + bottom) * columns)
    data.set(from, channel * from.length)
  }
  return { data, dims: [1, channels, bottom - top, columns] }
}

/** Tensors of equal channels and columns, one below the other. */
export function stackRows(tensors: readonly Tensor[]): Tensor {
  if (tensors.length === 1) return tensors[0]!
  const [, channels = 0, , columns = 0] = tensors[0]!.dims
  const rows = tensors.reduce((sum, { dims }) => sum + dims[2]!, 0)
  const data = new Float32Array(channels * rows * columns)
  let top = 0
  for (const { data: own, dims } of tensors) {
    const size = dims[2]! * columns
    for (let channel = 0; channel < channels; channel++) {
      data.set(own.subarray(channel * size, (channel + 1) * size), (channel * rows + top) * columns)
    }
    top += dims[2]!
  }
  return { data, dims: [1, channels, rows, columns] }
}
