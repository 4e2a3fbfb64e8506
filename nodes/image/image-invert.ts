import { z } from 'zod'
import { depthOf, fullScale, samplesOf } from '../pixels/samples.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame, Samples } from '../sdk/values.ts'

/** ImageInvert as ComfyUI has it (comfy_extras): 1 − x. Alpha stays. */
export const imageInvert = defineNode({
  id: 'ImageInvert',
  title: 'Invert Image',
  summary: 'Turns each colour into its complement.',
  inputs: { image: { type: 'IMAGE' } },
  size: { of: 'image' },
  parameters: z.object({}),
  outputs: { IMAGE: { type: 'IMAGE' } },
  run({ image }) {
    return { IMAGE: { frames: image.frames.map(invert) } }
  },
})

function invert(frame: Frame): Frame {
  const { data, channels } = frame
  return { ...frame, data: data instanceof Float32Array ? invertFloats(data, channels) : invertBits(data, channels) }
}

/** Of integers 1 − x is the complement of all bits, done on words of 32 bits: two of them hold whole pixels with alpha. */
function invertBits(data: Exclude<Samples, Float32Array>, channels: number): Samples {
  const inverted = samplesOf(depthOf(data), data.length)
  inverted.set(data)
  const mask = samplesOf(depthOf(data), 8 / data.BYTES_PER_ELEMENT)
  for (let i = 0; i < mask.length; i++) mask[i] = isAlpha(i, channels) ? 0 : fullScale(data)
  const masks = new Uint32Array(mask.buffer)
  const words = new Uint32Array(inverted.buffer, 0, inverted.byteLength >>> 2)
  for (let i = 0; i < words.length; i++) words[i]! ^= masks[i & 1]!
  for (let i = (words.length * 4) / data.BYTES_PER_ELEMENT; i < data.length; i++) {
    inverted[i]! ^= mask[i % mask.length]!
  }
  return inverted
}

function invertFloats(data: Float32Array, channels: number): Samples {
  const inverted = new Float32Array(data.length)
  for (let i = 0; i < data.length; i++) inverted[i] = isAlpha(i, channels) ? data[i]! : 1 - data[i]!
  return inverted
}

function isAlpha(index: number, channels: number): boolean {
  return channels % 2 === 0 && index % channels === channels - 1
}
