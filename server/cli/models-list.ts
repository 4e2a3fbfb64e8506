import { type BrokenModel, type ModelFacts, modelFacts } from '../../models/installed/facts.ts'
import { WORK_OPTIONS, workSettings } from '../config.ts'
import type { Command } from './command.ts'
import { adviceOnLooseFiles } from './models.ts'

export const modelsListCommand: Command = {
  usage: 'models',
  summary: 'List the installed models',
  options: {
    json: { help: 'as JSON, with everything that is known of them' },
    data: WORK_OPTIONS.data,
    models: WORK_OPTIONS.models,
  },
  operands: [0, 0],
  async run(_operands, flags, environment) {
    const settings = workSettings(flags, environment)
    const models = await modelFacts(settings.modelRoots)
    process.stdout.write(flags.json === true ? `${JSON.stringify(models, null, 2)}\n` : listing(models))
    for (const line of await adviceOnLooseFiles(settings)) process.stderr.write(`${line}\n`)
    return 0
  },
}

/** One paragraph for each model. */
function listing(models: readonly (ModelFacts | BrokenModel)[]): string {
  if (models.length === 0) return 'There are no models. Import one: gendr import DIR --name NAME.\n'
  return models.map((model) => ('problem' in model ? broken(model) : paragraph(model))).join('')
}

function broken({ name, problem }: BrokenModel): string {
  return `${name}  cannot be used\n  ${problem}\n`
}

function paragraph({ name, kind, parameters, precision, bytes, description, licence, prompts }: ModelFacts): string {
  const size = `${(parameters / 1e6).toFixed(1)} M parameters, ${precision}, ${(bytes / 1e6).toFixed(1)} MB`
  const asked = prompts.length > 1 ? `  Prompts: ${prompts.join(', ')}.\n` : ''
  return `${name}  ${kind}, ${size}\n  ${description}\n  Licence: ${licence}\n${asked}`
}
