import { z } from 'zod'

/** Parameters that the single steps and the all-in-one node share. */

export const strength = z.number().min(0).max(1).default(1).meta({
  step: 0.05,
  tooltip: 'How far to go from the picture as it is (0) to the restored one (1).',
})

export const tileSize = z.int().min(64).max(4096).default(768).meta({
  step: 64,
  tooltip: 'At most, in pixels of the result. Larger tiles see more and need more memory.',
})

export const overlap = z.int().min(0).max(2048).default(64).meta({
  step: 8,
  tooltip: 'Pixels that neighbouring tiles share at least, blended into each other; at most half the tile size.',
})

export const levels = z.int().min(1).max(10).default(5).meta({
  tooltip: 'Of the wavelet transfer: what is wider than about 2^levels pixels comes from the reference.',
})

export const grain = z.number().min(0).max(16).default(1).meta({
  optional: true,
  step: 0.25,
  tooltip: "Times the film grain that the model's setting adds; 0 adds none.",
})
