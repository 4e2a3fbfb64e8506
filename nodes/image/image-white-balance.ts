import { z } from 'zod'
import { mapColours } from '../pixels/colours.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'
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
 * multiplied so that this colour becomes grey of the same luminance.
 */
export const imageWhiteBalance = defineNode({
  id: 'ImageWhiteBalance',
  title: 'White Balance',
  summary: 'Takes the colour of the light, or of yellowed paper, out of a picture.',
  aliases: ['fix colours', 'colour cast', 'yellowed', 'temperature'],
  inputs: { image: { type: 'IMAGE' } },
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
  const light = tallies(frame).map((tally) => minkowskiMean(tally, exponent))
  if (light.length < 3) return light.map(() => 1)
  const grey = light.reduce((sum, value, channel) => sum + LUMINANCE[channel]! * value, 0)
  return light.map((value) => (value > 0 ? (grey / value) ** strength : 1))
}

/** Samples that are burnt out have lost their colour and do not count, unless there are no others. */
function minkowskiMean(tally: Tally, exponent: number): number {
  const top = tally.length - 1
  const burnt = tally.slice(Math.ceil(0.99 * top)).reduce((sum, count) => sum + count, 0)
  const counted = tally.reduce((sum, count) => sum + count, 0) - burnt
  const end = counted > 0 ? Math.ceil(0.99 * top) : tally.length
  const count = counted > 0 ? counted : burnt
  if (exponent === Number.POSITIVE_INFINITY) return brightest(tally.subarray(0, end), count, top)
  let sum = 0
  for (let level = 0; level < end; level++) sum += tally[level]! * toLinear(level / top) ** exponent
  return (sum / count) ** (1 / exponent)
}

/** Light of the level that a hundredth of the samples reach. */
function brightest(tally: Tally, count: number, top: number): number {
  let rest = count / 100
  for (let level = tally.length - 1; level >= 0; level--) {
    rest -= tally[level]!
    if (rest < 0) return toLinear(level / top)
  }
  return 0
}

function balance(frame: Frame, gains: readonly number[]): Frame {
  return mapColours(frame, (value, channel) => Math.min(1, Math.max(0, fromLinear(toLinear(value) * gains[channel]!))))
}
