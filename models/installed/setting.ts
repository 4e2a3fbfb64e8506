import type { RestorerManifest } from './manifest.ts'

/** What a UNet is asked with. */
export interface Question {
  /** The name of one of the model's prompts. */
  readonly prompt: string
  readonly timestep: number
}

/** One of a model's settings, which have the names of its prompts. */
export interface Setting extends Question {
  /** Film grain afterwards, as a multiple of what the transfer's gate says. */
  readonly grain: number
}

type Conditioning = NonNullable<RestorerManifest['conditioning']>

/** A question, and how its constants are computed. */
export type Asked = Question & Pick<Conditioning, 'flipSinToCos' | 'freqShift'>

/** The setting of that name; undefined where a model has none. */
export function settingOf(manifest: RestorerManifest, name: string): Setting | undefined {
  const { conditioning, constants } = manifest
  const grainOf = (prompt: string) => conditioning?.grain?.[prompt] ?? 0
  if (name === DEFAULT_SETTING) {
    const prompt = conditioning?.prompt ?? DEFAULT_SETTING
    return { prompt, timestep: constants.timestep, grain: grainOf(prompt) }
  }
  if (!conditioning?.prompts.includes(name)) return undefined
  return { prompt: name, timestep: conditioning.timesteps?.[name] ?? constants.timestep, grain: grainOf(name) }
}

/** The setting that every model has: what is folded into its graphs, whatever prompt that is. */
export const DEFAULT_SETTING = 'default'
