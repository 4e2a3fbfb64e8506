import { z } from 'zod'
import { storing } from '../pixels/colours.ts'
import { depthOf, fullScale, samplesOf } from '../pixels/samples.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'
import { NormalNoise } from './normal-noise.ts'

/** ImageAddNoise as ComfyUI has it (comfy_extras/nodes_images.py), with the very noise of the seed. */
export const imageAddNoise = defineNode({
  id: 'ImageAddNoise',
  title: 'Add Noise to Image',
  summary: 'Adds Gaussian noise: a little grain over a restored picture hides that it is too smooth.',
  aliases: ['film grain'],
  inputs: { image: { type: 'IMAGE' } },
  size: { of: 'image' },
  parameters: z.object({
    seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0).meta({ tooltip: 'The same seed, the same noise.' }),
    strength: z.number().min(0).max(1).default(0.5).meta({
      step: 0.01,
      tooltip: 'Standard deviation, where white is 1; film grain is about 0.02.',
    }),
  }),
  outputs: { IMAGE: { type: 'IMAGE' } },
  run({ image: { frames } }, { seed, strength }) {
    const all = frames.reduce((sum, { data }) => sum + data.length, 0)
    const noise = new NormalNoise(seed, all)
    return { IMAGE: { frames: frames.map((frame) => addNoise(frame, noise.take(frame.data.length), strength)) } }
  },
})

function addNoise(frame: Frame, noise: Float32Array, strength: number): Frame {
  const data = samplesOf(depthOf(frame.data), frame.data.length)
  const store = storing(data)
  const unit = 1 / fullScale(data)
  for (let at = 0; at < data.length; at++) {
    store(at, Math.min(1, Math.max(0, frame.data[at]! * unit + strength * noise[at]!)))
  }
  return { ...frame, data }
}
