import { z } from 'zod'
import { mapColours } from '../pixels/colours.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'
import { evenMargin } from './even-margin.ts'
import { addTallies, levelAbove, levelBelow, type Tally, tallies } from './percentiles.ts'

const MODES = ['each colour', 'all together'] as const

/**
 * Contrast stretching between percentiles (Gonzalez and Woods, Digital Image Processing, section 3.2); what lies around a
 * print (`evenMargin`) does not count.
 */
export const imageAutoLevels = defineNode({
  id: 'ImageAutoLevels',
  title: 'Auto Levels',
  summary:
    'Stretches the contrast from black to white by itself; colour by colour it also takes the cast of faded prints away. An even margin around a print does not count.',
  aliases: ['fix colours', 'faded', 'auto contrast', 'colour cast'],
  inputs: { image: { type: 'IMAGE' } },
  size: { of: 'image' },
  parameters: z.object({
    mode: z.enum(MODES).default('each colour').meta({
      tooltip: 'each colour removes casts (faded prints), all together keeps the colours (auto contrast).',
    }),
    clip: z.number().min(0).max(20).default(0.5).meta({
      step: 0.1,
      tooltip: 'Per cent of the samples at either end that may become black or white, so that dust does not count.',
    }),
    strength: z.number().min(0).max(1).default(1).meta({ step: 0.01, tooltip: '0 leaves the picture as it is.' }),
  }),
  outputs: { IMAGE: { type: 'IMAGE' } },
  run({ image }, { mode, clip, strength }, context) {
    const stretched = image.frames.map((frame) => {
      const found = tallies(frame, evenMargin(frame))
      const all = addTallies(found)
      return stretch(frame, mode === 'each colour' ? found : found.map(() => all), clip / 100, strength)
    })
    const said = stretched.map(({ ends }) => (mode === 'each colour' ? ends : ends.slice(0, 1)))
    context.say(said.map((ends) => ends.map(describe).join(', ')).join('\n'))
    return { IMAGE: { frames: stretched.map(({ frame }) => frame) } }
  },
})

interface Ends {
  readonly black: number
  readonly white: number
}

function stretch(frame: Frame, found: readonly Tally[], clip: number, strength: number) {
  const ends = found.map((tally): Ends => ({ black: levelBelow(tally, clip), white: levelAbove(tally, clip) }))
  const changed = mapColours(frame, (value, channel) => {
    const { black, white } = ends[channel]!
    if (white <= black) return value
    const wanted = Math.min(1, Math.max(0, (value - black) / (white - black)))
    return value + strength * (wanted - value)
  })
  return { frame: changed, ends }
}

function describe({ black, white }: Ends): string {
  return `${Math.round(black * 255)} to ${Math.round(white * 255)}`
}
