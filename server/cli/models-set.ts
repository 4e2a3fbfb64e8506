import { findModel } from '../../models/import/folder.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { type Flags, WORK_OPTIONS, workSettings } from '../config.ts'
import type { Command } from './command.ts'

/** Changes what a model is asked with, and how its prediction is read. */
export const modelsSetCommand: Command = {
  usage: 'models set NAME',
  summary: 'Ask a model with another timestep or prompt, or read its prediction in another way',
  options: {
    timestep: { value: 'N', help: 'the one timestep that the model is asked with' },
    prompt: { value: 'NAME', help: 'one of the prompts that were imported with it' },
    prediction: { value: 'epsilon|sample|v_prediction', help: 'what the model predicts' },
    alpha: { value: 'X', help: 'the share of the picture in the noisy latent, between 0 and 1' },
    beta: { value: 'X', help: 'the share of the noise in it' },
    data: WORK_OPTIONS.data,
    models: WORK_OPTIONS.models,
  },
  operands: [1, 1],
  async run([name], flags, environment) {
    const changes = {
      timestep: readNumber(flags, 'timestep'),
      prompt: readText(flags, 'prompt'),
      prediction: readText(flags, 'prediction'),
      alpha: readNumber(flags, 'alpha'),
      beta: readNumber(flags, 'beta'),
    }
    if (Object.values(changes).every((change) => change === undefined))
      throw new RestorationError(
        'configuration_invalid',
        'Expected something to change, got nothing.',
        'Name it with --timestep, --prompt, --prediction, --alpha or --beta.',
      )
    const directory = await findModel(workSettings(flags, environment).modelRoots, name!)
    const { recondition } = await import('../../models/import/recondition.ts')
    const { constants, conditioning } = await recondition(directory, changes)
    const prompt = conditioning === undefined ? '' : `, prompt ${conditioning.prompt}`
    process.stdout.write(
      `${name}: timestep ${constants.timestep}${prompt}, ${constants.prediction}, alpha ${constants.alpha}, beta ${constants.beta}\n`,
    )
    return 0
  },
}

function readText(flags: Flags, name: string): string | undefined {
  const value = flags[name]
  return typeof value === 'string' ? value : undefined
}

function readNumber(flags: Flags, name: string): number | undefined {
  const text = readText(flags, name)
  if (text === undefined) return undefined
  const number = Number(text)
  if (text.trim() !== '' && Number.isFinite(number)) return number
  throw new RestorationError(
    'configuration_invalid',
    `Expected --${name} to be a number but received '${text}'.`,
    'See gendr models set --help.',
  )
}
