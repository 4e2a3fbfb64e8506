import { z } from 'zod'
import { repeatTo } from '../pixels/batch.ts'
import { withChannels } from '../pixels/channels.ts'
import { deeperOf, storing } from '../pixels/colours.ts'
import { resizeFrame } from '../pixels/resize.ts'
import { fullScale, toDepth } from '../pixels/samples.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'

/** ImageCompositeMasked as ComfyUI has it (comfy_extras/nodes_mask.py): what lies beyond the destination is left out. */
export const imageCompositeMasked = defineNode({
  id: 'ImageCompositeMasked',
  title: 'Composite Images by Mask',
  summary: 'Lays a picture over another one where a mask lets it: a restored face over the photograph, for example.',
  aliases: ['overlay', 'paste'],
  inputs: {
    destination: { type: 'IMAGE', tooltip: 'The picture below.' },
    source: { type: 'IMAGE', tooltip: 'The picture that is laid over it.' },
    mask: { type: 'MASK', optional: true, tooltip: '1 takes the source, 0 the destination; scaled to the source.' },
  },
  parameters: z.object({
    x: z.int().min(0).max(16384).default(0).meta({ tooltip: 'Pixels to the left of the source.' }),
    y: z.int().min(0).max(16384).default(0).meta({ tooltip: 'Pixels above the source.' }),
    resize_source: z.boolean().default(false).meta({ tooltip: 'Stretch the source to the size of the destination.' }),
  }),
  outputs: { IMAGE: { type: 'IMAGE' } },
  async run({ destination, source, mask }, { x, y, resize_source }) {
    const count = destination.frames.length
    const sources = repeatTo(source.frames, count)
    const masks = mask && repeatTo(mask.frames, count)
    const frames = []
    for (const [i, below] of destination.frames.entries()) {
      const plain = withChannels(sources[i]!, below.channels)
      const above = resize_source ? await resizeFrame(plain, below.width, below.height, 'bilinear') : plain
      const weights = masks && (await resizeFrame(masks[i]!, above.width, above.height, 'bilinear'))
      frames.push(composite(below, above, weights, x, y))
    }
    return { IMAGE: { frames } }
  },
})

function composite(below: Frame, above: Frame, mask: Frame | undefined, left: number, top: number): Frame {
  const { channels } = below
  const base = toDepth(below, deeperOf(below.data, above.data))
  const data = base.data.slice()
  const store = storing(data)
  const [belowUnit, aboveUnit] = [1 / fullScale(data), 1 / fullScale(above.data)]
  const width = Math.min(above.width, below.width - left)
  const height = Math.min(above.height, below.height - top)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const weight = mask === undefined ? 1 : mask.data[y * above.width + x]!
      const from = (y * above.width + x) * channels
      const to = ((top + y) * below.width + left + x) * channels
      for (let c = 0; c < channels; c++) {
        const under = data[to + c]! * belowUnit
        store(to + c, weight * above.data[from + c]! * aboveUnit + (1 - weight) * under)
      }
    }
  }
  return { ...base, data }
}
