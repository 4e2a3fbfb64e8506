import { z } from 'zod'
import { repeatTo } from '../sdk/batch.ts'
import { hasAlpha } from '../sdk/channels.ts'
import { storing } from '../sdk/colours.ts'
import { defineNode } from '../sdk/node.ts'
import { resizeFrame } from '../sdk/resize.ts'
import { depthOf, fullScale, samplesOf, toRgb } from '../sdk/samples.ts'
import type { Frame } from '../sdk/values.ts'

/** What a cut-out needs before it becomes a JPEG: LoadImage gives its colours and its transparency apart. */
export const imageFillAlpha = defineNode({
  id: 'ImageFillAlpha',
  title: 'Fill Transparency',
  summary: 'Lays a transparent picture on one colour: cut-out products on white, for example.',
  inputs: {
    image: { type: 'IMAGE' },
    mask: {
      type: 'MASK',
      optional: true,
      tooltip:
        '1 where the picture is transparent, as LoadImage gives it; scaled to the picture. Its own alpha counts too.',
    },
  },
  parameters: z.object({
    color: z.int().min(0).max(0xffffff).default(0xffffff).meta({
      tooltip: '65536 · red + 256 · green + blue, each 0 to 255; 16777215 is white.',
    }),
  }),
  outputs: { IMAGE: { type: 'IMAGE' } },
  async run({ image, mask }, { color }) {
    const rgb = [(color >> 16) & 0xff, (color >> 8) & 0xff, color & 0xff].map((level) => level / 255)
    const masks = mask && repeatTo(mask.frames, image.frames.length)
    const frames = []
    for (const [i, frame] of image.frames.entries()) {
      const clear = masks && (await resizeFrame(masks[i]!, frame.width, frame.height, 'bilinear'))
      frames.push(fill(frame, clear, rgb))
    }
    return { IMAGE: { frames } }
  },
})

function fill(frame: Frame, mask: Frame | undefined, rgb: readonly number[]): Frame {
  const colours = toRgb(frame)
  const data = samplesOf(depthOf(frame.data), colours.data.length)
  const store = storing(data)
  const unit = 1 / fullScale(data)
  const alpha = hasAlpha(frame) ? frame.channels - 1 : undefined
  for (let pixel = 0, at = 0; at < data.length; pixel++) {
    const own = alpha === undefined ? 1 : frame.data[pixel * frame.channels + alpha]! * unit
    const opaque = own * (1 - (mask?.data[pixel] ?? 0))
    for (let c = 0; c < 3; c++, at++) store(at, colours.data[at]! * unit * opaque + rgb[c]! * (1 - opaque))
  }
  return { ...colours, data }
}
