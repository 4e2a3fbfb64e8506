import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Flags } from '../config.ts'
import type { Command } from './command.ts'

/** Flags that say what a one-step model is asked with, and what its prediction means. */
export const STEP_OPTIONS = {
  timestep: { value: 'N', help: 'the one timestep that the model is asked with' },
  prediction: { value: 'epsilon|sample|v_prediction', help: 'what the model predicts' },
  alpha: { value: 'X', help: 'the share of the picture in the noisy latent, between 0 and 1' },
  beta: { value: 'X', help: 'the share of the noise in it' },
} satisfies Command['options']

const PREDICTIONS = ['epsilon', 'sample', 'v_prediction'] as const

/** @throws RestorationError `configuration_invalid`, naming the flag that does not fit */
export function readStep(flags: Flags) {
  const prediction = PREDICTIONS.find((one) => one === flags.prediction)
  if (prediction === undefined && flags.prediction !== undefined)
    throw wrong('prediction', `one of ${PREDICTIONS.join(', ')}`, flags.prediction)
  return {
    timestep: readNumber(flags, 'timestep', 'a number from 0', (number) => number >= 0),
    prediction,
    alpha: readNumber(flags, 'alpha', SHARE, isShare),
    beta: readNumber(flags, 'beta', SHARE, isShare),
  }
}

const SHARE = 'a number between 0 and 1'

function isShare(number: number): boolean {
  return number > 0 && number < 1
}

function readNumber(
  flags: Flags,
  name: string,
  expected: string,
  fits: (number: number) => boolean,
): number | undefined {
  const value = flags[name]
  if (value === undefined) return undefined
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
  if (Number.isFinite(number) && fits(number)) return number
  throw wrong(name, expected, value)
}

function wrong(name: string, expected: string, value: Flags[string]): RestorationError {
  return new RestorationError(
    'configuration_invalid',
    `Expected --${name} to be ${expected} but received '${String(value)}'.`,
    'Leave it out to use what the model says; docs/models.md tells what each means.',
  )
}
