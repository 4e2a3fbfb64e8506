import { z } from 'zod'
import { combineSamples } from '../pixels/colours.ts'
import { defineNode } from '../sdk/node.ts'
import { fillAcross } from './fill-across.ts'
import { scratchMask } from './scratch-mask.ts'

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
        'The share of thin lines that is expected to be scratches: 0 takes none, 1 all of them. A picture with many that are clear has less clear ones taken too.',
    }),
    lines: z.enum(['light', 'dark', 'both']).default('light').meta({
      tooltip: 'What is lighter than both sides, as scratches of prints are, or darker, as hairs on a scanner are.',
    }),
    width: z.int().min(1).max(30).default(3).meta({ tooltip: 'Of the widest scratches, in pixels.' }),
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
      const found = []
      for (const sign of SIGNS[lines]) found.push(await scratchMask(frame, { sign, width }, sensitivity, signal))
      const mask = found.reduce((one, other) => combineSamples(one, other, Math.max))
      frames.push(await fillAcross(frame, mask, signal))
      masks.push(mask)
    }
    return { IMAGE: { frames }, MASK: { frames: masks } }
  },
})
