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
  /** The film grain of each prompt by its name, as a multiple of what the gate of the grain says; of the others none. */
  grain: z.record(z.string(), grainSchema).optional(),
  prediction_type: prediction.optional(),
  alpha: alpha.optional(),
  beta: beta.optional(),
  licence: z.string().default('unknown'),
  source: z.string().default('unknown'),
  made_by: z.string().default('gendr import'),
  description: z.string().default(''),
  color_transfer: colorTransfer.default({ method: 'wavelet', levels: 5 }),
  /** How it was trained; for people alone. */
  trained: z.unknown().optional(),
})

export type About = z.output<typeof aboutSchema>

/** What keys are called elsewhere: by the flag and the manifest, and in American spelling. */
const OTHER_NAMES: Readonly<Record<string, keyof About>> = { prediction: 'prediction_type', license: 'licence' }

/** A key that nothing reads would be lost without a word, and another step be computed than the one that is meant. */
const fileSchema = z
  .record(z.string(), z.unknown())
  .transform((said, context) => {
    const known: Record<string, unknown> = {}
    for (const [key, input] of Object.entries(said)) {
      const name = OTHER_NAMES[key] ?? key
      const problem = !Object.hasOwn(aboutSchema.shape, name)
        ? 'expected no key of this name'
        : Object.hasOwn(known, name) && 'expected each key once, under one of its names'
      if (problem) context.addIssue({ code: 'custom', path: [key], message: problem, input })
      known[name] = input
    }
    return known
  })
  .pipe(aboutSchema)

const REMEDY = `It may have the keys ${Object.keys(aboutSchema.shape).join(', ')}; docs/models.md says what they mean.`

export function readAbout(path: string): About {
  return existsSync(path) ? readJson(path, fileSchema, REMEDY) : aboutSchema.parse({})
}
