import { z } from 'zod'
import { checkPixels } from '../sdk/checks.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'
import { canvas, paste } from './canvas.ts'

const side = z.int().min(0).max(16384).default(0).meta({ step: 8, tooltip: 'Pixels to add.' })

interface Border {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** ImagePadForOutpaint as ComfyUI has it (nodes.py): the border is mid grey, and masked. */
export const imagePadForOutpaint = defineNode({
  id: 'ImagePadForOutpaint',
  title: 'Pad Image for Outpainting',
  summary: 'Adds a grey border to a picture, and a mask of what was added.',
  aliases: ['border', 'extend'],
  inputs: { image: { type: 'IMAGE' } },
  parameters: z.object({
    left: side,
    top: side,
    right: side,
    bottom: side,
    feathering: z.int().min(0).max(16384).default(40).meta({
      tooltip: 'Pixels over which the mask fades into the picture; none where the picture is less than twice as large.',
    }),
  }),
  outputs: { IMAGE: { type: 'IMAGE' }, MASK: { type: 'MASK', tooltip: '1 where the border is.' } },
  run({ image }, { feathering, ...border }, context) {
    const { left, top, right, bottom } = border
    const frames = image.frames.map((frame) => {
      const [width, height] = [frame.width + left + right, frame.height + top + bottom]
      checkPixels(width, height, context)
      const whole = canvas(frame, width, height, () => 0.5)
      paste(whole, frame, left, top)
      return whole
    })
    // One mask serves all pictures of a size.
    const { width, height } = image.frames[0]!
    const isUniform = image.frames.every((frame) => frame.width === width && frame.height === height)
    const masked = isUniform ? image.frames.slice(0, 1) : image.frames
    return { IMAGE: { frames }, MASK: { frames: masked.map((frame) => borderMask(frame, border, feathering)) } }
  },
})

/** 1 on the border; inside ((f − d) / f)², where d is the distance to the nearest side that was added to. */
function borderMask({ width, height }: Frame, { left, top, right, bottom }: Border, feathering: number): Frame {
  const whole = canvas(EMPTY, width + left + right, height + top + bottom, () => 1)
  const data = new Float32Array(width * height)
  if (feathering > 0 && feathering * 2 < width && feathering * 2 < height) {
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at++) {
        const across = Math.min(left === 0 ? width : x, right === 0 ? width : width - x)
        const along = Math.min(top === 0 ? height : y, bottom === 0 ? height : height - y)
        const fade = Math.max(0, feathering - Math.min(across, along)) / feathering
        data[at] = fade * fade
      }
    }
  }
  paste(whole, { width, height, channels: 1, data }, left, top)
  return whole
}

const EMPTY: Frame = { width: 0, height: 0, channels: 1, data: new Float32Array() }
