import { z } from 'zod'
import { restorerConstantsSchema } from '../installed/manifest.ts'
import { invalidCheckpoint } from './failure.ts'
import { readJson } from './json.ts'

/** Where it lies in a checkpoint. */
export const SCHEDULER_FILE = 'scheduler/scheduler_config.json'

/** What Diffusers' schedulers of noise write, whichever of them steps with it: DDPM, DDIM, Euler, DPM-Solver and so on. */
const schedulerSchema = z.object({
  prediction_type: restorerConstantsSchema.shape.prediction.default('epsilon'),
  num_train_timesteps: z.int().min(1).default(1000),
  beta_start: z.number().gt(0).lt(1),
  beta_end: z.number().gt(0).lt(1),
  beta_schedule: z.enum(['linear', 'scaled_linear', 'squaredcos_cap_v2']),
  trained_betas: z.array(z.number().gt(0).lt(1)).min(1).nullable().default(null),
  rescale_betas_zero_snr: z.boolean().default(false),
})

export type Scheduler = z.output<typeof schedulerSchema>

export function readScheduler(path: string): Scheduler {
  return readJson(path, schedulerSchema)
}

/** How much of a picture is signal at a timestep: the product of 1 − β up to it (Ho et al. 2020, arXiv 2006.11239, section 2). */
export function signalAt(scheduler: Scheduler, timestep: number): number {
  const bars = signals(scheduler)
  const bar = bars[timestep]
  if (bar !== undefined) return bar
  throw invalidCheckpoint(
    `${SCHEDULER_FILE}: expected a whole timestep from 0 to ${bars.length - 1}, got ${timestep}.`,
    'Name another one with --timestep, or say with --alpha and --beta what it means.',
  )
}

function signals(scheduler: Scheduler): readonly number[] {
  let product = 1
  const bars = betas(scheduler).map((beta) => {
    product *= 1 - beta
    return product
  })
  return scheduler.rescale_betas_zero_snr ? withoutSignal(bars) : bars
}

/** As Diffusers computes them (schedulers/scheduling_ddpm.py). */
function betas({ trained_betas, beta_schedule, beta_start, beta_end, num_train_timesteps: count }: Scheduler) {
  if (trained_betas) return trained_betas
  const evenly = (from: number, to: number) =>
    Array.from({ length: count }, (_, i) => from + ((to - from) * i) / Math.max(1, count - 1))
  switch (beta_schedule) {
    case 'linear':
      return evenly(beta_start, beta_end)
    case 'scaled_linear':
      return evenly(Math.sqrt(beta_start), Math.sqrt(beta_end)).map((root) => root ** 2)
    case 'squaredcos_cap_v2': {
      const bar = (i: number) => Math.cos(((i / count + 0.008) / 1.008) * (Math.PI / 2)) ** 2
      return Array.from({ length: count }, (_, i) => Math.min(1 - bar(i + 1) / bar(i), 0.999))
    }
  }
}

/** Shifted so that nothing is left at the end (Lin et al. 2023, arXiv 2305.08891, algorithm 1), but for what Diffusers keeps to divide by. */
function withoutSignal(bars: readonly number[]): readonly number[] {
  const roots = bars.map(Math.sqrt)
  const [first, last] = [roots[0]!, roots.at(-1)!]
  return roots.map((root) => Math.max(2 ** -24, (((root - last) * first) / (first - last)) ** 2))
}
