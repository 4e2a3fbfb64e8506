import { z } from 'zod'
import { combineSamples } from '../pixels/colours.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'
import { fillAcross } from './fill-across.ts'
import { scratchMask } from './scratch-mask.ts'

/** The most pixels that a scratch may be wide. */
const WIDEST = 30

/** How wide scratches of prints are at most, as a share of the longer side, where nobody says it. */
const USUAL = 0.012

const SIGNS = { light: [1], dark: [-1], both: [1, -1] } as const

/**
 * Finds thin lines in any direction by their contrast to both sides, summed along pieces of 16 pixels (`linePieces`) that chains are made of
 * (`lineChains`), and weighs what tells scratches from lines of the scene (`scratchLogOdds`); fills them from both sides (`fillAcross`).
 */
export const imageRemoveScratches = defineNode({
  id: 'ImageRemoveScratches',
  title: 'Remove Scratches',
  summary:
    'Finds long thin scratches, hairs and creases of scans, and fills them from both sides; the rest stays to the bit. A thin light line of the scene may be taken for one.',
  aliases: [
    'scratches',
    'remove hairs',
    'creases',
    'folds',
    'cracks',
    'repair a scan',
    'scratch mask',
    'detect scratches',
  ],
  inputs: { image: { type: 'IMAGE' } },
  size: { of: 'image' },
  parameters: z.object({
    sensitivity: z.number().min(0).max(1).default(0.15).meta({
      step: 0.05,
      tooltip:
        'How much is taken: 0 nothing, 1 all that looks like a scratch. Lower it where lines of the scene go; where wide scratches stay, raise the width.',
    }),
    lines: z.enum(['light', 'dark', 'both']).default('light').meta({
      tooltip: 'Scratches of prints are light; hairs and fibres that lay on a scanner are dark: both takes them, too.',
    }),
    width: z.int().min(0).max(WIDEST).default(3).meta({
      tooltip:
        'Of the widest scratches, in pixels: raise it where wide ones stay, lower it where lines of the scene go. 0 is 1.2 % of the longer side of the picture.',
    }),
  }),
  outputs: {
    IMAGE: { type: 'IMAGE' },
    MASK: {
      type: 'MASK',
      tooltip: '1 where something was filled: edit or grow it, then fill the picture by it again.',
    },
  },
  async run({ image }, { sensitivity, lines, width }, { signal }) {
    const frames = []
    const masks = []
    for (const frame of image.frames) {
      const widest = width === 0 ? usualWidth(frame) : width
      const found = []
      for (const sign of SIGNS[lines])
        found.push(await scratchMask(frame, { sign, width: widest }, sensitivity, signal))
      const mask = found.reduce((one, other) => combineSamples(one, other, Math.max))
      frames.push(await fillAcross(frame, mask, signal))
      masks.push(mask)
    }
    return { IMAGE: { frames }, MASK: { frames: masks } }
  },
})

function usualWidth({ width, height }: Frame): number {
  return Math.min(WIDEST, Math.max(1, Math.round(USUAL * Math.max(width, height))))
}
