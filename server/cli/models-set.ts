import { findModel } from '../../models/installed/folder.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { WORK_OPTIONS, workSettings } from '../config.ts'
import type { Command } from './command.ts'
import { readStep, STEP_OPTIONS } from './step-flags.ts'

/** Changes what a model is asked with, and how its prediction is read. */
export const modelsSetCommand: Command = {
  usage: 'models set NAME',
  summary: 'Ask a model with another timestep or prompt, or read its prediction in another way',
  options: {
    ...STEP_OPTIONS,
    prompt: { value: 'NAME', help: 'one of the prompts that were imported with it' },
    data: WORK_OPTIONS.data,
    models: WORK_OPTIONS.models,
  },
  operands: [1, 1],
  async run([name], flags, environment) {
    const { prompt: asked } = flags
    const changes = { ...readStep(flags), prompt: typeof asked === 'string' ? asked : undefined }
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
