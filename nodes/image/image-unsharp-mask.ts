import { z } from 'zod'
import { hasAlpha } from '../pixels/channels.ts'
import { storing } from '../pixels/colours.ts'
import { fullScale } from '../pixels/samples.ts'
import type { RunContext } from '../sdk/context.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'
import { gaussian } from './gaussian.ts'
import { lumaFrame } from './luma-frame.ts'
import { smoothLines } from './smooth-lines.ts'

const parameters = z.object({
  radius: z.number().min(0.1).max(50).default(1).meta({
    step: 0.1,
    tooltip: 'Standard deviation of the blur in pixels: about 1 for detail, 20 and more for local contrast.',
  }),
  amount: z.number().min(0).max(5).default(0.5).meta({ step: 0.05, tooltip: '0.5 is moderate, 1 and more is strong.' }),
  threshold: z.number().min(0).max(255).default(0).meta({
    step: 1,
    tooltip: 'Differences up to this many levels of 255 are left alone, such as grain and noise.',
  }),
})

type Settings = z.output<typeof parameters>

/** Only luma is sharpened: all colours get its difference, so that no coloured fringes appear. */
export const imageUnsharpMask = defineNode({
  id: 'ImageUnsharpMask',
  title: 'Unsharp Mask',
  summary: 'Sharpens what differs from its surroundings, and leaves faint differences alone.',
  aliases: ['sharpen', 'deblur'],
  inputs: { image: { type: 'IMAGE' } },
  size: { of: 'image' },
  parameters,
  outputs: { IMAGE: { type: 'IMAGE' } },
  async run({ image }, settings, context) {
    const frames = []
    for (const frame of image.frames) frames.push(await sharpen(frame, settings, context))
    return { IMAGE: { frames } }
  },
})

async function sharpen(
  frame: Frame,
  { radius, amount, threshold }: Settings,
  { signal }: Pick<RunContext, 'signal'>,
): Promise<Frame> {
  const { width, channels, data: from } = frame
  const luma = lumaFrame(frame)
  const data = from.slice()
  const store = storing(data)
  const unit = 1 / fullScale(data)
  const colours = hasAlpha(frame) ? channels - 1 : channels
  const limit = threshold / 255
  await smoothLines(luma, gaussian(radius), signal, (line, y) => {
    for (let x = 0; x < width; x++) {
      const difference = luma.data[y * width + x]! - line[x]!
      // Less by the threshold, so that there is no step where it is passed.
      const beyond = Math.sign(difference) * Math.max(0, Math.abs(difference) - limit)
      const at = (y * width + x) * channels
      for (let c = 0; c < colours; c++) store(at + c, clamped(from[at + c]! * unit + amount * beyond))
    }
  })
  return { ...frame, data }
}

function clamped(value: number): number {
  return Math.min(1, Math.max(0, value))
}
