import type { Frame, Tensor } from '../sdk/values.ts'
import { fullScale } from './samples.ts'

/** Values of a tensor are factor · x + offset of values in 0..1. */
interface Range {
  readonly factor: number
  readonly offset: number
}

/** What VAEs take and give. */
const SYMMETRIC: Range = { factor: 2, offset: -1 }

/** What upscalers take and give. */
const UNIT: Range = { factor: 1, offset: 0 }

/**
 * An RGB frame as the tensor a VAE takes: [1, 3, H, W], 2x − 1 in [−1, 1], reflected at the right and bottom edge to
 * multiples of `multiple` (the edge itself is not repeated; a side too short to reflect goes back and forth).
 */
export function toPaddedTensor(frame: Frame, multiple: number): Tensor {
  return toTensor(frame, roundUp(frame.width, multiple), roundUp(frame.height, multiple), SYMMETRIC)
}

/** The top left `width` × `height` of a VAE's output [1, 3, H, W] in [−1, 1], as a float32 frame in 0..1 (not clamped). */
export function fromPaddedTensor(tensor: Tensor, width: number, height: number): Frame {
  return fromTensor(tensor, width, height, SYMMETRIC)
}

/** An RGB frame as an upscaler takes it: [1, 3, height, width] in 0..1, reflected like toPaddedTensor; clamped. */
export function toUnitTensor(frame: Frame, width: number, height: number): Tensor {
  const tensor = toTensor(frame, width, height, UNIT)
  for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = Math.min(1, Math.max(0, tensor.data[i]!))
  return tensor
}

/** The top left `width` × `height` of [1, 3, H, W] in 0..1, such as an upscaler's output, as a float32 frame, not clamped. */
export function fromUnitTensor(tensor: Tensor, width: number, height: number): Frame {
  return fromTensor(tensor, width, height, UNIT)
}

export function roundUp(length: number, multiple: number): number {
  return Math.ceil(length / multiple) * multiple
}

/** Rows from `top` on of an RGB frame as three planes of `width` × `height` in 0..1, reflected like toPaddedTensor. */
export function writeUnitPlanes(planes: Float32Array, frame: Frame, top: number, width: number, height: number): void {
  writePlanes(planes, frame, top, width, height, UNIT)
}

function toTensor(frame: Frame, width: number, height: number, range: Range): Tensor {
  const data = new Float32Array(3 * width * height)
  writePlanes(data, frame, 0, width, height, range)
  return { data, dims: [1, 3, height, width] }
}

function writePlanes(
  planes: Float32Array,
  frame: Frame,
  top: number,
  width: number,
  height: number,
  range: Range,
): void {
  const columns = Int32Array.from({ length: width }, (_, x) => reflect(x, frame.width) * 3)
  const plane = width * height
  const { offset } = range
  const factor = range.factor / fullScale(frame.data)
  for (let y = 0; y < height; y++) {
    const line = reflect(top + y, frame.height) * frame.width * 3
    for (let x = 0; x < width; x++) {
      const from = line + columns[x]!
      const to = y * width + x
      planes[to] = frame.data[from]! * factor + offset
      planes[to + plane] = frame.data[from + 1]! * factor + offset
      planes[to + 2 * plane] = frame.data[from + 2]! * factor + offset
    }
  }
}

function fromTensor(tensor: Tensor, width: number, height: number, { factor, offset }: Range): Frame {
  const [, , rows = 0, columns = 0] = tensor.dims
  const plane = rows * columns
  const data = new Float32Array(3 * width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = y * columns + x
      const to = (y * width + x) * 3
      data[to] = (tensor.data[from]! - offset) / factor
      data[to + 1] = (tensor.data[from + plane]! - offset) / factor
      data[to + 2] = (tensor.data[from + 2 * plane]! - offset) / factor
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
