import { z } from 'zod'
import { hasAlpha } from '../pixels/channels.ts'
import { fullScale } from '../pixels/samples.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'
import { medianFrame } from './median.ts'

/** A median filter that leaves alone what hardly differs from it: specks go, grain and detail stay. */
export const imageDustAndScratches = defineNode({
  id: 'ImageDustAndScratches',
  title: 'Dust & Scratches',
  summary: 'Replaces specks and thin scratches of scans by what is around them (median), and keeps the rest.',
  aliases: ['remove dust', 'scratches', 'specks', 'spots', 'repair a scan', 'median'],
  inputs: { image: { type: 'IMAGE' } },
  parameters: z.object({
    radius: z.int().min(1).max(20).default(2).meta({
      tooltip: 'In pixels: what is narrower than this is replaced, so half the width of the widest speck.',
    }),
    threshold: z.number().min(0).max(255).default(20).meta({
      step: 1,
      tooltip: 'Pixels that differ by no more than this many levels of 255 stay; 0 is a plain median filter.',
    }),
  }),
  outputs: {
    IMAGE: { type: 'IMAGE' },
    MASK: { type: 'MASK', tooltip: '1 where something was replaced.' },
  },
  async run({ image }, { radius, threshold }, { signal }) {
    const frames = []
    const masks = []
    for (const frame of image.frames) {
      const cleaned = replaceSpecks(frame, await medianFrame(frame, radius, signal), threshold / 255)
      frames.push(cleaned.frame)
      masks.push(cleaned.mask)
    }
    return { IMAGE: { frames }, MASK: { frames: masks } }
  },
})

function replaceSpecks(frame: Frame, median: Frame, threshold: number): { frame: Frame; mask: Frame } {
  const { width, height, channels } = frame
  const colours = hasAlpha(frame) ? channels - 1 : channels
  const data = frame.data.slice()
  const replaced = new Float32Array(width * height)
  const limit = threshold * fullScale(data)
  for (let i = 0, at = 0; i < replaced.length; i++, at += channels) {
    let difference = 0
    for (let c = 0; c < colours; c++) difference = Math.max(difference, Math.abs(data[at + c]! - median.data[at + c]!))
    if (difference <= limit) continue
    replaced[i] = 1
    for (let c = 0; c < colours; c++) data[at + c] = median.data[at + c]!
  }
  return { frame: { ...frame, data }, mask: { width, height, channels: 1, data: replaced } }
}
