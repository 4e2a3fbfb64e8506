import { z } from 'zod'
import { storing } from '../pixels/colours.ts'
import { depthOf, fullScale, samplesOf } from '../pixels/samples.ts'
import type { RunContext } from '../sdk/context.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'
import { relativeGaussian } from './gaussian.ts'
import { smoothLines } from './smooth-lines.ts'

/**
 * ImageSharpen as ComfyUI has it (comfy_extras/nodes_post_processing.py). Its kernel, −10·alpha times a Gaussian with the
 * rest in the middle, is x + 10·alpha·(x − blurred x).
 */
export const imageSharpen = defineNode({
  id: 'ImageSharpen',
  title: 'Sharpen Image',
  summary: 'Sharpens a picture by what a blur of it lacks. ImageUnsharpMask does the same in finer steps.',
  aliases: ['deblur'],
  inputs: { image: { type: 'IMAGE' } },
  size: { of: 'image' },
  parameters: z.object({
    sharpen_radius: z.int().min(1).max(31).default(1).meta({ tooltip: 'In pixels: about the width of the edges.' }),
    sigma: z.number().min(0.1).max(10).default(1).meta({
      step: 0.01,
      tooltip: 'Standard deviation of the blur as a share of the radius.',
    }),
    alpha: z.number().min(0).max(5).default(1).meta({ step: 0.01, tooltip: 'How much: 0.1 is moderate, 1 is harsh.' }),
  }),
  outputs: { IMAGE: { type: 'IMAGE' } },
  async run({ image }, { sharpen_radius, sigma, alpha }, context) {
    const window = relativeGaussian(sharpen_radius, sigma)
    const frames = []
    for (const frame of image.frames) frames.push(await sharpen(frame, window, 10 * alpha, context))
    return { IMAGE: { frames } }
  },
})

async function sharpen(
  frame: Frame,
  window: Float64Array,
  amount: number,
  { signal }: Pick<RunContext, 'signal'>,
): Promise<Frame> {
  const data = samplesOf(depthOf(frame.data), frame.data.length)
  const store = storing(data)
  const unit = 1 / fullScale(data)
  await smoothLines(frame, window, signal, (line, y) => {
    for (let i = 0, at = y * line.length; i < line.length; i++, at++) {
      const value = frame.data[at]! + amount * (frame.data[at]! - line[i]!)
      store(at, Math.min(1, Math.max(0, value * unit)))
    }
  })
  return { ...frame, data }
}
