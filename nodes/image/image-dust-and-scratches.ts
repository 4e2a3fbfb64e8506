import { z } from 'zod'
import { hasAlpha } from '../pixels/channels.ts'
import { fullScale } from '../pixels/samples.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'
import { loneMarks } from './lone-marks.ts'
import { medianFrame } from './median.ts'

/** How many times as far as its surroundings a pixel has to differ from their median. */
const BEYOND = 3

/** Within so many times the radius a scratch as wide as the radius leaves room for specks beside it. */
const REACH = 10

/** The share of the pixels within reach that may be specks; twigs, hair and foliage have more that look like them. */
const CROWD = 0.07

/**
 * A median filter that leaves alone what hardly differs from it, or no more than its surroundings do (the median of their
 * differences), or is one of a crowd (`loneMarks`): specks go, grain and texture stay.
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
    radius: z.int().min(0).max(20).default(2).meta({
      tooltip:
        'In pixels: as much as the widest scratch is wide, and more than half as much as the widest speck. 0 takes none.',
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
      const { width, height } = frame
      if (radius === 0) {
        frames.push(frame)
        masks.push({ width, height, channels: 1 as const, data: new Float32Array(width * height) })
        continue
      }
      const median = await medianFrame(frame, radius, signal)
      const specks =
        threshold === 0 ? differing(frame, median, 0) : await specksOf(frame, median, radius, threshold / 255, signal)
      frames.push(replaced(frame, median, specks))
      masks.push({ width, height, channels: 1 as const, data: Float32Array.from(specks) })
    }
    return { IMAGE: { frames }, MASK: { frames: masks } }
  },
})

async function specksOf(frame: Frame, median: Frame, radius: number, threshold: number, signal: AbortSignal) {
  const differences = { ...frame, data: frame.data.map((value, i) => Math.abs(value - median.data[i]!)) }
  const usual = await medianFrame(differences, radius, signal)
  return loneMarks(differing(frame, median, threshold, usual), frame.width, REACH * radius, CROWD)
}

/**
 * Marks pixels of which a colour differs from the median by more than a threshold, 0..1.
 * @param usual how far samples around each differ from the median
 */
function differing(frame: Frame, median: Frame, threshold: number, usual?: Frame): Uint8Array {
  const { width, height, channels, data } = frame
  const marked = new Uint8Array(width * height)
  const least = threshold * fullScale(data)
  for (const c of coloursOf(frame)) {
    for (let i = 0, at = c; i < marked.length; i++, at += channels) {
      const limit = Math.max(least, BEYOND * (usual?.data[at] ?? 0))
      if (Math.abs(data[at]! - median.data[at]!) > limit) marked[i] = 1
    }
  }
  return marked
}

function replaced(frame: Frame, median: Frame, specks: Uint8Array): Frame {
  const data = frame.data.slice()
  for (const c of coloursOf(frame)) {
    for (let i = 0, at = c; i < specks.length; i++, at += frame.channels) {
      if (specks[i] === 1) data[at] = median.data[at]!
    }
  }
  return { ...frame, data }
}

function coloursOf(frame: Frame): number[] {
  return Array.from({ length: hasAlpha(frame) ? frame.channels - 1 : frame.channels }, (_, c) => c)
}
