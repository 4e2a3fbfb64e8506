import { existsSync } from 'node:fs'
import { z } from 'zod'
import { grainSchema, restorerConstantsSchema } from '../installed/manifest.ts'
import { readJson } from './json.ts'

const { alpha, beta, prediction, timestep, colorTransfer } = restorerConstantsSchema.shape

/** `gendr.json` of a checkpoint: what Diffusers' files do not say of a one-step restorer. Every key may be absent. */
const aboutSchema = z.object({
  name: z.string().optional(),
  timestep: timestep.optional(),
  /** The name of the prompt to fold in. */
  prompt: z.string().optional(),
  /** The timestep of each prompt by its name, where they differ. */
  timesteps: z.record(z.string(), timestep.min(0)).optional(),
  /** The film grain of each prompt by its name, as a multiple of the missing detail; of the others none. */
  grain: z.record(z.string(), grainSchema).optional(),
  prediction_type: prediction.optional(),
  alpha: alpha.optional(),
  beta: beta.optional(),
  licence: z.string().default('unknown'),
  source: z.string().default('unknown'),
  made_by: z.string().default('gendr import'),
  description: z.string().default(''),
  color_transfer: colorTransfer.default({ method: 'wavelet', levels: 5 }),
})

export type About = z.output<typeof aboutSchema>

export function readAbout(path: string): About {
  return existsSync(path) ? readJson(path, aboutSchema) : aboutSchema.parse({})
}
