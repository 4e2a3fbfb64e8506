import { z } from 'zod'
import { repeatTo } from '../pixels/batch.ts'
import { hasAlpha, withChannels } from '../pixels/channels.ts'
import { combineSamples } from '../pixels/colours.ts'
import { fillSize } from '../pixels/fill-size.ts'
import { RestorationError } from '../sdk/error.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame, Image } from '../sdk/values.ts'

const MODES = ['normal', 'multiply', 'screen', 'overlay', 'soft_light', 'difference'] as const

type Mode = (typeof MODES)[number]

/** ImageBlend as ComfyUI has it (comfy_extras/nodes_post_processing.py); the alpha of the first picture stays. */
export const imageBlend = defineNode({
  id: 'ImageBlend',
  title: 'Blend Images',
  summary: 'Mixes two pictures; the second is cut and scaled to the size of the first.',
  inputs: {
    image1: { type: 'IMAGE', tooltip: 'The lower picture.' },
    image2: { type: 'IMAGE', tooltip: 'The upper picture.' },
  },
  parameters: z.object({
    blend_factor: z.number().min(0).max(1).default(0.5).meta({
      step: 0.01,
      tooltip: '0 is the first picture, 1 the blended one: in normal mode the second.',
    }),
    blend_mode: z.enum(MODES).default('normal'),
  }),
  outputs: { IMAGE: { type: 'IMAGE' } },
  async run({ image1, image2 }, { blend_factor, blend_mode }) {
    const blend = BLENDS[blend_mode]
    const frames = []
    for (const [lower, upper] of pairsOf(image1, image2)) {
      const { width, height, channels } = lower
      const same = upper.width === width && upper.height === height
      const fitted = withChannels(same ? upper : await fillSize(upper, width, height, 'bicubic'), channels)
      const alpha = hasAlpha(lower) ? channels - 1 : undefined
      const mix = (a: number, b: number, channel: number) =>
        channel === alpha ? a : Math.min(1, Math.max(0, a * (1 - blend_factor) + blend(a, b) * blend_factor))
      frames.push(combineSamples(lower, fitted, mix))
    }
    return { IMAGE: { frames } }
  },
})

/**
 * Each picture with the one that is laid over it; a single one goes with all of the other batch, whichever it is.
 * @throws RestorationError `invalid_input` when the batches do not fit
 */
function pairsOf({ frames: lower }: Image, { frames: upper }: Image): readonly (readonly [Frame, Frame])[] {
  const count = Math.max(lower.length, upper.length)
  if (Math.min(lower.length, upper.length) !== 1 && lower.length !== upper.length) {
    throw new RestorationError(
      'invalid_input',
      `Expected as many pictures in image1 as in image2, or a single one, but received ${lower.length} and ${upper.length}.`,
      'Give a single picture to one of them, or batches of one size.',
    )
  }
  const over = repeatTo(upper, count)
  return repeatTo(lower, count).map((frame, i) => [frame, over[i]!])
}

/** Soft light is W3C's (Compositing and Blending, section 9.1.9). */
const BLENDS: Readonly<Record<Mode, (lower: number, upper: number) => number>> = {
  normal: (_, upper) => upper,
  multiply: (lower, upper) => lower * upper,
  screen: (lower, upper) => 1 - (1 - lower) * (1 - upper),
  overlay: (lower, upper) => (lower <= 0.5 ? 2 * lower * upper : 1 - 2 * (1 - lower) * (1 - upper)),
  soft_light: (lower, upper) =>
    upper <= 0.5
      ? lower - (1 - 2 * upper) * lower * (1 - lower)
      : lower + (2 * upper - 1) * (brightened(lower) - lower),
  difference: (lower, upper) => lower - upper,
}

function brightened(x: number): number {
  return x <= 0.25 ? ((16 * x - 12) * x + 4) * x : Math.sqrt(x)
}
