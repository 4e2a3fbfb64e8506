import { z } from 'zod'
import { hasAlpha } from '../pixels/channels.ts'
import { mapColours } from '../pixels/colours.ts'
import { toRgb } from '../pixels/samples.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'
import { channelMask } from './channel-mask.ts'

/** SplitImageWithAlpha as ComfyUI has it (comfy_extras/nodes_compositing.py): the mask is 1 − alpha. */
export const splitImageWithAlpha = defineNode({
  id: 'SplitImageWithAlpha',
  title: 'Split Image with Alpha',
  summary: 'Takes a picture and its transparency apart.',
  inputs: { image: { type: 'IMAGE' } },
  parameters: z.object({}),
  outputs: { IMAGE: { type: 'IMAGE' }, MASK: { type: 'MASK', tooltip: '1 where the picture is transparent.' } },
  run({ image }) {
    return { IMAGE: { frames: image.frames.map(toRgb) }, MASK: { frames: image.frames.map(transparency) } }
  },
})

function transparency(frame: Frame): Frame {
  const { width, height } = frame
  if (!hasAlpha(frame)) return { width, height, channels: 1, data: new Float32Array(width * height) }
  return mapColours(channelMask(frame, 'alpha'), (value) => 1 - value)
}
