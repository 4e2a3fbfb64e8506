import { z } from 'zod'
import { cropFrame } from '../pixels/tiles.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'
import { type Box, contentBox } from './content-box.ts'

/** Scanner beds, passe-partouts and the white around product pictures. */
export const imageCropToContent = defineNode({
  id: 'ImageCropToContent',
  title: 'Crop to Content',
  summary: 'Cuts away the even or transparent border around what a picture shows.',
  aliases: ['trim', 'cut off white edges', 'remove border', 'autocrop'],
  inputs: { image: { type: 'IMAGE' } },
  parameters: z.object({
    tolerance: z.number().min(0).max(255).default(12).meta({
      step: 1,
      tooltip: 'How many levels of 255 the border may differ from the colour of the corners.',
    }),
    dust: z.number().min(0).max(50).default(0.5).meta({
      step: 0.1,
      tooltip: 'Per cent of a line that may differ without its being content: specks and noise do not hold the border.',
    }),
    margin: z.int().min(0).max(4096).default(0).meta({ tooltip: 'Pixels of the border to keep on every side.' }),
  }),
  outputs: {
    IMAGE: { type: 'IMAGE' },
    x: { type: 'INT', tooltip: 'Pixels that were cut away on the left, of the first picture.' },
    y: { type: 'INT', tooltip: 'Pixels that were cut away at the top, of the first picture.' },
    width: { type: 'INT', tooltip: 'Of the first picture.' },
    height: { type: 'INT', tooltip: 'Of the first picture.' },
  },
  run({ image }, { tolerance, dust, margin }, context) {
    const boxes = image.frames.map((frame) => withMargin(contentBox(frame, tolerance / 255, dust / 100), margin, frame))
    context.say(boxes.map(({ x, y, width, height }) => `${width} × ${height} at ${x}, ${y}`).join('\n'))
    const frames = image.frames.map((frame, i) => {
      const { x, y, width, height } = boxes[i]!
      return cropFrame(frame, x, y, width, height)
    })
    return { IMAGE: { frames }, ...boxes[0]! }
  },
})

/** A picture that is nothing but background stays whole. */
function withMargin(box: Box | undefined, margin: number, { width, height }: Frame): Box {
  if (box === undefined) return { x: 0, y: 0, width, height }
  const [x, y] = [Math.max(0, box.x - margin), Math.max(0, box.y - margin)]
  return {
    x,
    y,
    width: Math.min(width, box.x + box.width + margin) - x,
    height: Math.min(height, box.y + box.height + margin) - y,
  }
}
