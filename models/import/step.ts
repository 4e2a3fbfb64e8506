import type { StepConstants } from '../../nodes/sdk/one-step.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { VaeConfig } from './config.ts'
import { invalidCheckpoint } from './failure.ts'
import { readScheduler, SCHEDULER_FILE, signalAt } from './scheduler.ts'

/** What the one step computes with where it is named; the rest is found out. */
export type StepChoice = { readonly [Key in keyof StepConstants]?: StepConstants[Key] | undefined }

/** Constants of the step, and who says them. */
interface Source {
  readonly name: string
  readonly step: StepChoice
  /** What else is to be known of that choice. */
  readonly remark?: string
}

/** A one-step restorer of its own kind: half signal, half noise (GenDR, arXiv 2503.06790, section 3). */
const GENDR: StepConstants = { prediction: 'epsilon', alpha: 0.5, beta: 0.5 }

/** Of the latents of GenDR's autoencoder; those of Stable Diffusion 2.1, whose UNet and scheduler it began with, have 4. */
const GENDR_CHANNELS = 16

const UNUSED =
  `${SCHEDULER_FILE} is not used for a model of ${GENDR_CHANNELS} latent channels, as GenDR's are: ` +
  '--prediction, --alpha and --beta would say otherwise'

/** What the step depends on besides what is asked for. */
interface Said extends Pick<Checkpoint, 'about' | 'scheduler'> {
  readonly vae: { readonly config: Pick<VaeConfig, 'latent_channels'> } | undefined
}

/**
 * The constants of the one step: what is `chosen`, else what gendr.json says, else GenDR's where the model is one by its latents or has
 * no scheduler, else what the scheduler does that it was trained with.
 * @param timesteps that the model can be asked with, in all its settings
 * @returns them, and in words where each comes from
 */
export function chooseStep(
  chosen: StepChoice,
  { about: { prediction_type: prediction, alpha, beta }, scheduler, vae }: Said,
  timesteps: readonly number[],
): { readonly step: StepConstants; readonly origin: string } {
  const said: readonly Source[] = [
    { name: 'as asked for', step: chosen },
    { name: 'gendr.json', step: { prediction, alpha, beta } },
  ]
  const isSaid = (key: keyof StepConstants) => said.some(({ step }) => step[key] !== undefined)
  const isNoiseSaid = isSaid('alpha') && isSaid('beta')
  const rest = (): Source => {
    if (scheduler === undefined) return { name: `GenDR's, for want of ${SCHEDULER_FILE}`, step: GENDR }
    if (vae?.config.latent_channels === GENDR_CHANNELS) return { name: "GenDR's", step: GENDR, remark: UNUSED }
    return trained(scheduler, isNoiseSaid ? undefined : timesteps)
  }
  const sources = isNoiseSaid && isSaid('prediction') ? said : [...said, rest()]
  const of = <Key extends keyof StepConstants>(key: Key) => {
    const { name, step } = sources.find(({ step }) => step[key] !== undefined)!
    return { value: step[key] as StepConstants[Key], name }
  }
  const found = { prediction: of('prediction'), alpha: of('alpha'), beta: of('beta') }
  const words = Object.entries(found).map(([key, { value, name }]) => `${key} ${shown(value)} (${name})`)
  const remarks = sources.flatMap(({ remark = [] }) => remark)
  return {
    step: { prediction: found.prediction.value, alpha: found.alpha.value, beta: found.beta.value },
    origin: [words.join(', '), ...remarks].join('; '),
  }
}

/** @param timesteps where signal and noise are wanted too */
function trained(path: string, timesteps: readonly number[] | undefined): Source {
  const scheduler = readScheduler(path)
  const { prediction_type: prediction } = scheduler
  if (timesteps === undefined) return { name: SCHEDULER_FILE, step: { prediction } }
  const [timestep, other] = new Set(timesteps)
  if (other !== undefined)
    throw invalidCheckpoint(
      `gendr.json: expected alpha and beta of a model whose settings have several timesteps (${timestep}, ${other}), got none.`,
      `${SCHEDULER_FILE} has others for each: write them to gendr.json, or name --alpha and --beta.`,
    )
  const alpha = signalAt(scheduler, timestep!)
  return { name: `${SCHEDULER_FILE} at timestep ${timestep}`, step: { prediction, alpha, beta: 1 - alpha } }
}

function shown(value: string | number): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(4))) : value
}
