import { z } from 'zod'
import { hasAlpha } from '../pixels/channels.ts'
import { fullScale } from '../pixels/samples.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'
import { medianFrame } from './median.ts'

/** How many times as far as its surroundings a pixel has to differ from their median. */
const BEYOND = 3

/**
 * A median filter that leaves alone what hardly differs from it, or no more than its surroundings do (the median of their
 * differences): specks go, grain and texture stay.
 */
export const imageDustAndScratches = defineNode({
  id: 'ImageDustAndScratches',
  title: 'Dust & Scratches',
  summary:
    'Replaces specks and short scratches of scans by what is around them (median), and keeps the rest; a little of very fine detail goes with them. Long ones are for Remove Scratches.',
  aliases: ['remove dust', 'scratches', 'specks', 'spots', 'repair a scan', 'median'],
  inputs: { image: { type: 'IMAGE' } },
  size: { of: 'image' },
  parameters: z.object({
    radius: z.int().min(1).max(20).default(2).meta({
      tooltip: 'In pixels: as much as the widest scratch is wide, and more than half as much as the widest speck.',
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
      const median = await medianFrame(frame, radius, signal)
      const usual = threshold === 0 ? undefined : await medianFrame(differences(frame, median), radius, signal)
      const cleaned = replaceSpecks(frame, median, threshold / 255, usual)
      frames.push(cleaned.frame)
      masks.push(cleaned.mask)
    }
    return { IMAGE: { frames }, MASK: { frames: masks } }
  },
})

function differences(frame: Frame, median: Frame): Frame {
  return { ...frame, data: frame.data.map((value, i) => Math.abs(value - median.data[i]!)) }
}

/** @param usual how far samples around each differ from the median */
function replaceSpecks(frame: Frame, median: Frame, threshold: number, usual?: Frame): { frame: Frame; mask: Frame } {
  const { width, height, channels } = frame
  const colours = hasAlpha(frame) ? channels - 1 : channels
  const data = frame.data.slice()
  const replaced = new Float32Array(width * height)
  const least = threshold * fullScale(data)
  for (let i = 0, at = 0; i < replaced.length; i++, at += channels) {
    let isSpeck = false
    for (let c = at; c < at + colours; c++) {
      isSpeck ||= Math.abs(data[c]! - median.data[c]!) > Math.max(least, BEYOND * (usual?.data[c] ?? 0))
    }
    if (!isSpeck) continue
    replaced[i] = 1
    for (let c = at; c < at + colours; c++) data[c] = median.data[c]!
  }
  return { frame: { ...frame, data }, mask: { width, height, channels: 1, data: replaced } }
}
