import { z } from 'zod'
import { storing } from '../pixels/colours.ts'
import { depthOf, fullScale, samplesOf } from '../pixels/samples.ts'
import type { RunContext } from '../sdk/context.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'
import { relativeGaussian } from './gaussian.ts'
import { smoothLines } from './smooth-lines.ts'

/** ImageBlur as ComfyUI has it (comfy_extras/nodes_post_processing.py). */
export const imageBlur = defineNode({
  id: 'ImageBlur',
  title: 'Blur Image',
  summary: 'Softens a picture with a Gaussian.',
  inputs: { image: { type: 'IMAGE' } },
  size: { of: 'image' },
  parameters: z.object({
    blur_radius: z.int().min(1).max(31).default(1).meta({ tooltip: 'In pixels: how far each pixel is spread.' }),
    sigma: z.number().min(0.1).max(10).default(1).meta({
      step: 0.1,
      tooltip:
        'Standard deviation as a share of the radius: small stays close to the pixel, large becomes a plain mean.',
    }),
  }),
  outputs: { IMAGE: { type: 'IMAGE' } },
  async run({ image }, { blur_radius, sigma }, context) {
    const window = relativeGaussian(blur_radius, sigma)
    const frames = []
    for (const frame of image.frames) frames.push(await blur(frame, window, context))
    return { IMAGE: { frames } }
  },
})

async function blur(frame: Frame, window: Float64Array, { signal }: Pick<RunContext, 'signal'>): Promise<Frame> {
  const data = samplesOf(depthOf(frame.data), frame.data.length)
  const store = storing(data)
  const unit = 1 / fullScale(data)
  await smoothLines(frame, window, signal, (line, y) => {
    for (let i = 0; i < line.length; i++) store(y * line.length + i, line[i]! * unit)
  })
  return { ...frame, data }
}
