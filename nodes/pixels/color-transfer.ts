import type { Frame } from '../sdk/values.ts'
import { smooth } from './a-trous.ts'
import { fullScale } from './samples.ts'

export const COLOR_TRANSFERS = ['wavelet', 'adain', 'none'] as const

export type ColorTransferMethod = (typeof COLOR_TRANSFERS)[number]

/**
 * Gives a picture the colours of a reference of the same size and channels; the result is float32 in 0..1.
 * @param levels of the wavelet transfer, 1..10: features wider than about 2^levels pixels come from the reference
 */
export function transferColor(image: Frame, reference: Frame, method: ColorTransferMethod, levels: number): Frame {
  const output = new Float32Array(image.data.length)
  for (let channel = 0; channel < image.channels; channel++) {
    if (method === 'wavelet') waveletTransfer(image, reference, output, channel, levels)
    else if (method === 'adain') adaptiveTransfer(image, reference, output, channel)
    else copyChannel(image, output, channel)
  }
  return { ...image, data: output }
}

/**
 * y' = y − low(y) + low(x) = y + low(x − y), low being `levels` à trous passes with [1 2 1]/4 at dilation 2ᵏ on each
 * axis, edges repeated at every pass (StableSR, scripts/wavelet_color_fix.py). Being linear, one low-pass is enough.
 */
function waveletTransfer(image: Frame, reference: Frame, output: Float32Array, channel: number, levels: number): void {
  const { width, height, channels } = image
  const scale = 1 / fullScale(image.data)
  const referenceScale = 1 / fullScale(reference.data)
  const plane = new Float32Array(width * height)
  for (let i = 0, at = channel; i < plane.length; i++, at += channels) {
    plane[i] = reference.data[at]! * referenceScale - image.data[at]! * scale
  }
  const planes = [plane, new Float32Array(width * height)]
  for (let level = 0; level < levels; level++) {
    smooth(planes[level % 2]!, planes[(level + 1) % 2]!, width, height, 2 ** level)
  }
  const wide = planes[levels % 2]!
  for (let i = 0, at = channel; i < wide.length; i++, at += channels) {
    output[at] = image.data[at]! * scale + wide[i]!
  }
}

/** y' = (y − μ_y) / σ_y · σ_x + μ_x with the unbiased variance + 1e-5 (Huang & Belongie 2017, eq. 8). */
function adaptiveTransfer(image: Frame, reference: Frame, output: Float32Array, channel: number): void {
  const y = moments(image, channel)
  const x = moments(reference, channel)
  const gain = x.deviation / y.deviation
  const scale = 1 / fullScale(image.data)
  for (let at = channel; at < output.length; at += image.channels) {
    output[at] = (image.data[at]! * scale - y.mean) * gain + x.mean
  }
}

function moments(frame: Frame, channel: number): { mean: number; deviation: number } {
  const scale = 1 / fullScale(frame.data)
  const count = frame.width * frame.height
  let sum = 0
  for (let at = channel; at < frame.data.length; at += frame.channels) sum += frame.data[at]!
  const mean = (sum * scale) / count
  let squares = 0
  for (let at = channel; at < frame.data.length; at += frame.channels) squares += (frame.data[at]! * scale - mean) ** 2
  return { mean, deviation: Math.sqrt(squares / Math.max(1, count - 1) + 1e-5) }
}

function copyChannel(image: Frame, output: Float32Array, channel: number): void {
  const scale = 1 / fullScale(image.data)
  for (let at = channel; at < output.length; at += image.channels) output[at] = image.data[at]! * scale
}
