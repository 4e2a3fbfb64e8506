import { fullScale } from './samples.ts'
import type { Frame, Tensor } from './values.ts'

/**
 * An RGB frame as the tensor a VAE takes: [1, 3, H, W], 2x − 1 in [−1, 1], reflected at the right and bottom edge to
 * multiples of `multiple` (the edge itself is not repeated; a side too short to reflect goes back and forth).
 */
export function toPaddedTensor(frame: Frame, multiple: number): Tensor {
  const width = Math.ceil(frame.width / multiple) * multiple
  const height = Math.ceil(frame.height / multiple) * multiple
  const columns = Int32Array.from({ length: width }, (_, x) => reflect(x, frame.width) * 3)
  const data = new Float32Array(3 * width * height)
  const plane = width * height
  const factor = 2 / fullScale(frame.data)
  for (let y = 0; y < height; y++) {
    const line = reflect(y, frame.height) * frame.width * 3
    for (let x = 0; x < width; x++) {
      const from = line + columns[x]!
      const to = y * width + x
      data[to] = frame.data[from]! * factor - 1
      data[to + plane] = frame.data[from + 1]! * factor - 1
      data[to + 2 * plane] = frame.data[from + 2]! * factor - 1
    }
  }
  return { data, dims: [1, 3, height, width] }
}

/** The top left `width` × `height` of a VAE's output [1, 3, H, W] in [−1, 1], as a float32 frame in 0..1 (not clamped). */
export function fromPaddedTensor(tensor: Tensor, width: number, height: number): Frame {
  const [, , rows = 0, columns = 0] = tensor.dims
  const plane = rows * columns
  const data = new Float32Array(3 * width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = y * columns + x
      const to = (y * width + x) * 3
      data[to] = (tensor.data[from]! + 1) / 2
      data[to + 1] = (tensor.data[from + plane]! + 1) / 2
      data[to + 2] = (tensor.data[from + 2 * plane]! + 1) / 2
    }
  }
  return { width, height, channels: 3, data }
}

/** Position of sample `index` of the endless mirror image of [0, length). */
export function reflect(index: number, length: number): number {
  if (length === 1) return 0
  const period = 2 * (length - 1)
  const phase = index % period
  return phase < length ? phase : period - phase
}
