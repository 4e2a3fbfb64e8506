import { z } from 'zod'
import { repeatTo } from '../pixels/batch.ts'
import { hasAlpha } from '../pixels/channels.ts'
import { storing } from '../pixels/colours.ts'
import { resizeFrame } from '../pixels/resize.ts'
import { depthOf, fullScale, samplesOf, toRgb } from '../pixels/samples.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'
import { pushPull } from './push-pull.ts'

/** What a cut-out needs before it becomes a JPEG or is restored: LoadImage gives its colours and its transparency apart. */
export const imageFillAlpha = defineNode({
  id: 'ImageFillAlpha',
  title: 'Fill Transparency',
  summary:
    'Lays a transparent picture on one colour, cut-out products on white for example, or continues its own colours beneath.',
  aliases: ['background', 'product on white'],
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
    fill: z.enum(['color', 'own colors']).default('color').meta({
      tooltip:
        'The colour above, or the colours of what is opaque: then a cut-out that is restored and joined with its alpha again has no fringe.',
    }),
  }),
  size: { of: 'image' },
  outputs: { IMAGE: { type: 'IMAGE' } },
  async run({ image, mask }, { color, fill }) {
    const rgb = [(color >> 16) & 0xff, (color >> 8) & 0xff, color & 0xff].map((level) => level / 255)
    const masks = mask && repeatTo(mask.frames, image.frames.length)
    const frames = []
    for (const [i, frame] of image.frames.entries()) {
      const clear = masks && (await resizeFrame(masks[i]!, frame.width, frame.height, 'bilinear'))
      const picture = opaqueParts(frame, clear)
      const { width, height } = frame
      frames.push(lay(picture, fill === 'color' ? (_, into) => into.set(rgb) : pushPull(width, height, picture.read)))
    }
    return { IMAGE: { frames } }
  },
})

interface OpaqueParts {
  readonly colours: Frame
  /** Red, green and blue of a pixel, 0..1, multiplied by how opaque it is, and that. */
  readonly read: (pixel: number, into: Float32Array) => void
}

function opaqueParts(frame: Frame, mask: Frame | undefined): OpaqueParts {
  const colours = toRgb(frame)
  const unit = 1 / fullScale(frame.data)
  const alpha = hasAlpha(frame) ? frame.channels - 1 : undefined
  const read = (pixel: number, into: Float32Array) => {
    const own = alpha === undefined ? 1 : frame.data[pixel * frame.channels + alpha]! * unit
    const opaque = own * (1 - (mask?.data[pixel] ?? 0))
    for (let c = 0; c < 3; c++) into[c] = colours.data[pixel * 3 + c]! * unit * opaque
    into[3] = opaque
  }
  return { colours, read }
}

/** The opaque parts over a background. */
function lay({ colours, read }: OpaqueParts, background: (pixel: number, into: Float32Array) => void): Frame {
  const data = samplesOf(depthOf(colours.data), colours.data.length)
  const store = storing(data)
  const [over, under] = [new Float32Array(4), new Float32Array(3)]
  for (let pixel = 0, at = 0; at < data.length; pixel++) {
    read(pixel, over)
    if (over[3]! < 1) background(pixel, under)
    for (let c = 0; c < 3; c++, at++) store(at, over[c]! + under[c]! * (1 - over[3]!))
  }
  return { ...colours, data }
}
