import { z } from 'zod'
import { repeatTo } from '../pixels/batch.ts'
import { resizeFrame } from '../pixels/resize.ts'
import { defineNode } from '../sdk/node.ts'
import { fillAcross } from './fill-across.ts'

/** Fills scratches, specks and small tears without a model (see `fillAcross`). */
export const imageFillMasked = defineNode({
  id: 'ImageFillMasked',
  title: 'Fill Masked',
  summary: 'Replaces what is masked by what lies on both sides of it: scratches, specks, wires, small tears.',
  aliases: ['heal', 'spot removal', 'stains', 'tears', 'holes', 'inpaint', 'remove an object', 'retouch'],
  inputs: {
    image: { type: 'IMAGE' },
    mask: { type: 'MASK', tooltip: '1 where the picture is filled; scaled to the picture.' },
  },
  size: { of: 'image' },
  parameters: z.object({}),
  outputs: { IMAGE: { type: 'IMAGE' } },
  async run({ image, mask }, _, { signal }) {
    const masks = repeatTo(mask.frames, image.frames.length)
    const frames = []
    for (const [i, frame] of image.frames.entries()) {
      frames.push(await fillAcross(frame, await resizeFrame(masks[i]!, frame.width, frame.height, 'bilinear'), signal))
    }
    return { IMAGE: { frames } }
  },
})
