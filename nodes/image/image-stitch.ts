import { z } from 'zod'
import { alignChannels } from '../pixels/channels.ts'
import { deeperOf } from '../pixels/colours.ts'
import { resizeFrame } from '../pixels/resize.ts'
import { toDepth } from '../pixels/samples.ts'
import { checkPixels } from '../sdk/checks.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'
import { canvas, paste } from './canvas.ts'

const COLOURS = {
  white: [1, 1, 1],
  black: [0, 0, 0],
  red: [1, 0, 0],
  green: [0, 1, 0],
  blue: [0, 0, 1],
} as const

/**
 * ImageStitch as ComfyUI has it (comfy_extras/nodes_images.py): of a shorter batch the last picture is taken again;
 * beside pictures that are not matched in size the field is black, or white where the spacing is.
 */
export const imageStitch = defineNode({
  id: 'ImageStitch',
  title: 'Stitch Images',
  summary: 'Puts two pictures side by side, with or without space between them.',
  aliases: ['side by side', 'collage'],
  inputs: {
    image1: { type: 'IMAGE' },
    image2: { type: 'IMAGE', optional: true, tooltip: 'Without it the first picture stays as it is.' },
  },
  equalInputs: true,
  parameters: z.object({
    direction: z.enum(['right', 'down', 'left', 'up']).default('right').meta({ tooltip: 'Where the second one goes.' }),
    match_image_size: z.boolean().default(true).meta({
      tooltip: 'Scale the second picture so that the sides that touch are of one length; else it is centred.',
    }),
    spacing_width: z.int().min(0).max(1024).default(0).meta({ step: 2, tooltip: 'In pixels, made even.' }),
    spacing_color: z.enum(['white', 'black', 'red', 'green', 'blue']).default('white'),
  }),
  outputs: { IMAGE: { type: 'IMAGE' } },
  async run({ image1, image2 }, { direction, match_image_size, spacing_width, spacing_color }, context) {
    if (image2 === undefined) return { IMAGE: image1 }
    const across = direction === 'right' || direction === 'left'
    const spacing = spacing_width + (spacing_width % 2)
    const [firsts, seconds] = alignChannels(image1, image2).map(({ frames }) => frames) as [Frame[], Frame[]]
    const frames = []
    for (let i = 0; i < Math.max(firsts.length, seconds.length); i++) {
      const first = firsts[Math.min(i, firsts.length - 1)]!
      const other = seconds[Math.min(i, seconds.length - 1)]!
      const { width, height } = match_image_size ? matchedSize(first, other, across) : other
      const size = across
        ? { width: first.width + spacing + width, height: Math.max(first.height, height) }
        : { width: Math.max(first.width, width), height: first.height + spacing + height }
      checkPixels(size.width, size.height, context)
      const pair = sameDepth(first, await resizeFrame(other, width, height, 'lanczos'))
      if (direction === 'left' || direction === 'up') pair.reverse()
      frames.push(stitch(pair, size, across, spacing, spacing_color))
    }
    return { IMAGE: { frames } }
  },
})

function matchedSize(first: Frame, other: Frame, across: boolean): { width: number; height: number } {
  const ratio = other.width / other.height
  return across
    ? { width: Math.max(1, Math.trunc(first.height * ratio)), height: first.height }
    : { width: first.width, height: Math.max(1, Math.trunc(first.width / ratio)) }
}

function sameDepth(first: Frame, second: Frame): [Frame, Frame] {
  const depth = deeperOf(first.data, second.data)
  return [toDepth(first, depth), toDepth(second, depth)]
}

function stitch(
  [before, after]: readonly [Frame, Frame],
  { width, height }: { readonly width: number; readonly height: number },
  across: boolean,
  spacing: number,
  colour: keyof typeof COLOURS,
): Frame {
  const field = colour === 'white' ? 1 : 0
  const whole = canvas(before, width, height, () => field)
  const middle = (length: number) => Math.floor(((across ? height : width) - length) / 2)
  const gap = across
    ? canvas(before, spacing, height, (channel) => COLOURS[colour][channel] ?? 1)
    : canvas(before, width, spacing, (channel) => COLOURS[colour][channel] ?? 1)
  if (across) {
    paste(whole, before, 0, middle(before.height))
    paste(whole, gap, before.width, 0)
    paste(whole, after, before.width + spacing, middle(after.height))
  } else {
    paste(whole, before, middle(before.width), 0)
    paste(whole, gap, 0, before.height)
    paste(whole, after, middle(after.width), before.height + spacing)
  }
  return whole
}
