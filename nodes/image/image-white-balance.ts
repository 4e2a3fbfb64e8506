import { z } from 'zod'
import { hasAlpha } from '../pixels/channels.ts'
import { mapColours } from '../pixels/colours.ts'
import { fullScale } from '../pixels/samples.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'
import { evenMargin } from './even-margin.ts'
import { fromLinear, toLinear } from './linear-light.ts'
import { type Tally, tallies } from './percentiles.ts'

/** The exponent of each estimate of the light's colour. */
const METHODS = { 'grey world': 1, 'shades of grey': 6, 'white patch': Number.POSITIVE_INFINITY } as const

type Method = keyof typeof METHODS

/** Luminance of R, G and B of sRGB (BT.709). */
const LUMINANCE = [0.2126, 0.7152, 0.0722] as const

/**
 * The light's colour is the Minkowski mean (Σ xᵖ / n)^(1/p) of each channel's light: p = 1 is grey world (Buchsbaum 1980),
 * 6 shades of grey (Finlayson and Trezzi 2004), ∞ white patch, here the brightest hundredth. Each channel is then
 * multiplied so that this colour becomes grey of the same luminance. What lies around a print (`evenMargin`) does not count.
 */
export const imageWhiteBalance = defineNode({
  id: 'ImageWhiteBalance',
  title: 'White Balance',
  summary:
    'Takes the colour of the light, or of yellowed paper, out of a picture; an even margin around a print does not count.',
  aliases: ['fix colours', 'colour cast', 'yellowed', 'temperature'],
  inputs: { image: { type: 'IMAGE' } },
  size: { of: 'image' },
  parameters: z.object({
    method: z
      .enum(Object.keys(METHODS) as [Method, ...Method[]])
      .default('shades of grey')
      .meta({
        tooltip:
          'What is taken for grey: the mean of the picture, a mean in which bright parts count more, or what is brightest.',
      }),
    strength: z.number().min(0).max(1).default(1).meta({ step: 0.01, tooltip: '0 leaves the picture as it is.' }),
  }),
  outputs: { IMAGE: { type: 'IMAGE' } },
  run({ image }, { method, strength }, context) {
    const gains = image.frames.map((frame) => gainsOf(frame, METHODS[method], strength))
    context.say(gains.map((of) => of.map((gain) => `× ${gain.toFixed(2)}`).join(', ')).join('\n'))
    const frames = image.frames.map((frame, i) => balance(frame, gains[i]!))
    return { IMAGE: { frames } }
  },
})

function gainsOf(frame: Frame, exponent: number, strength: number): readonly number[] {
  const light = tallies(frame, withoutColour(frame, evenMargin(frame))).map((tally) => minkowskiMean(tally, exponent))
  if (light.length < 3) return light.map(() => 1)
  const grey = light.reduce((sum, value, channel) => sum + LUMINANCE[channel]! * value, 0)
  return light.map((value) => (value > 0 ? (grey / value) ** strength : 1))
}

/** Marks, beside a margin, pixels that have lost their colour, since a channel is burnt out; not where hardly a pixel would be left. */
function withoutColour(frame: Frame, margin: Uint8Array | undefined): Uint8Array | undefined {
  const { channels, data } = frame
  const colours = hasAlpha(frame) ? channels - 1 : channels
  const marked = margin?.slice() ?? new Uint8Array(frame.width * frame.height)
  const limit = BURNT * fullScale(data)
  let count = 0
  for (let pixel = 0; pixel < marked.length; pixel++) {
    for (let c = 0; c < colours; c++) if (data[pixel * channels + c]! >= limit) marked[pixel] = 1
    count += marked[pixel]!
  }
  return marked.length - count < marked.length / 100 ? margin : marked
}

const BURNT = 0.99

function minkowskiMean(tally: Tally, exponent: number): number {
  const top = tally.length - 1
  const count = tally.reduce((sum, samples) => sum + samples, 0)
  if (exponent === Number.POSITIVE_INFINITY) return brightest(tally, count)
  let sum = 0
  for (let level = 0; level <= top; level++) sum += tally[level]! * toLinear(level / top) ** exponent
  return (sum / count) ** (1 / exponent)
}

/** Light of the level that a hundredth of the samples reach. */
function brightest(tally: Tally, count: number): number {
  let rest = count / 100
  for (let level = tally.length - 1; level >= 0; level--) {
    rest -= tally[level]!
    if (rest < 0) return toLinear(level / (tally.length - 1))
  }
  return 0
}

function balance(frame: Frame, gains: readonly number[]): Frame {
  return mapColours(frame, (value, channel) => Math.min(1, Math.max(0, fromLinear(toLinear(value) * gains[channel]!))))
}
