import { z } from 'zod'
import { mapColours } from '../pixels/colours.ts'
import { defineNode } from '../sdk/node.ts'
import { levelsCurve } from './levels.ts'

const CHANNELS = ['rgb', 'red', 'green', 'blue'] as const

const level = (value: number, tooltip: string) =>
  z
    .number()
    .min(0)
    .max(255)
    .default(value)
    .meta({ step: 1, tooltip: `${tooltip} 0 to 255 at every depth.` })

/** The levels tool of every picture editor. */
export const imageLevels = defineNode({
  id: 'ImageLevels',
  title: 'Levels',
  summary: 'Sets black point, white point and gamma: what a faded or too dark photograph needs first.',
  aliases: ['contrast', 'exposure', 'gamma', 'black point'],
  inputs: { image: { type: 'IMAGE' } },
  size: { of: 'image' },
  parameters: z.object({
    black: level(0, 'This level and below become black.'),
    white: level(255, 'This level and above become white.'),
    gamma: z.number().min(0.1).max(10).default(1).meta({
      step: 0.01,
      tooltip: 'More than 1 lightens the middle tones, less darkens them; black and white stay.',
    }),
    output_black: level(0, 'What black comes out as.'),
    output_white: level(255, 'What white comes out as.'),
    channel: z.enum(CHANNELS).default('rgb').meta({ tooltip: 'All colours, or one alone to correct a cast.' }),
  }),
  outputs: { IMAGE: { type: 'IMAGE' } },
  run({ image }, { black, white, gamma, output_black, output_white, channel }) {
    const curve = levelsCurve({
      black: black / 255,
      white: white / 255,
      gamma,
      outputBlack: output_black / 255,
      outputWhite: output_white / 255,
    })
    const only = CHANNELS.indexOf(channel) - 1
    const change = (value: number, colour: number) => (only < 0 || colour === only ? curve(value) : value)
    return { IMAGE: { frames: image.frames.map((frame) => mapColours(frame, change)) } }
  },
})
