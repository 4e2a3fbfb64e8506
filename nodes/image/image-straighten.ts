import { z } from 'zod'
import { checkPixels } from '../sdk/checks.ts'
import { defineNode } from '../sdk/node.ts'
import { turnedSize } from '../sdk/turned-size.ts'
import { rotated } from './rotated.ts'

export const imageStraighten = defineNode({
  id: 'ImageStraighten',
  title: 'Straighten',
  summary: 'Turns a picture by any angle: a scan that lay askew, a horizon that slopes.',
  aliases: ['deskew', 'horizon', 'tilt', 'rotate by an angle'],
  inputs: { image: { type: 'IMAGE' } },
  size: { of: 'image', turned: { angle: 'angle', border: 'border' } },
  parameters: z.object({
    angle: z.number().min(-180).max(180).default(0).meta({ step: 0.1, tooltip: 'In degrees, clockwise.' }),
    border: z.enum(['crop', 'white', 'black']).default('crop').meta({
      tooltip: 'crop: the largest part without empty corners. white, black: all of it, on a field of that colour.',
    }),
  }),
  outputs: { IMAGE: { type: 'IMAGE' } },
  tool: { kind: 'level', on: 'image', angle: 'angle' },
  async run({ image }, { angle, border }, context) {
    if (angle === 0) return { IMAGE: image }
    const radians = (angle * Math.PI) / 180
    const frames = []
    for (const frame of image.frames) {
      const size = turnedSize(frame, angle, border)
      checkPixels(size.width, size.height, context)
      frames.push(await rotated(frame, radians, size, border === 'white' ? 1 : 0, context.signal))
    }
    return { IMAGE: { frames } }
  },
})
