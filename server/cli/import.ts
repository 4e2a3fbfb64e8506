import { join } from 'node:path'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { WORK_OPTIONS, workSettings } from '../config.ts'
import { knownFailure } from '../storage/known-failure.ts'
import { abortOnInterrupt, INTERRUPTED } from './abort.ts'
import type { Command } from './command.ts'
import { writing } from './data-folder.ts'
import { ADDITION_OPTIONS, readAdditions, refuseUseless } from './import-additions.ts'
import { ownModels, refuseHiding } from './models.ts'
import { readStep, STEP_OPTIONS } from './step-flags.ts'
import { stepProgress } from './step-progress.ts'

export const importCommand: Command = {
  usage: 'import CHECKPOINT --name NAME',
  summary: 'Make a model from a Diffusers folder or an upscaler file (.safetensors, .pth, .onnx)',
  options: {
    name: { value: 'NAME', help: 'the name of the model; an upscaler has that of its file without it' },
    ...STEP_OPTIONS,
    ...ADDITION_OPTIONS,
    random: { value: 'CONFIG.json', help: 'in place of CHECKPOINT: random weights, to measure with' },
    overwrite: { help: 'replace a model of the same name' },
    'dry-run': { help: 'say what would be made and what it costs; write nothing' },
    quiet: { help: 'no progress' },
    data: WORK_OPTIONS.data,
  },
  operands: [0, 1],
  async run([source], flags, environment) {
    const settings = workSettings(flags, environment)
    const { random } = flags
    if ((source === undefined) === (typeof random !== 'string')) {
      const actual = source === undefined ? 'neither' : 'both'
      throw unusable(`Expected a checkpoint or --random, got ${actual}.`, 'See gendr import --help.')
    }
    const { draftModel, importCheckpoint, ownNameOf, sourceKind } = await import('../../models/import/import.ts')
    const { importRandom } = await import('../../models/import/random.ts')
    const { tryRun } = await import('../inference/try-run.ts')
    const { mkdir } = await import('node:fs/promises')
    const own = { ...readAdditions(flags), ...readStep(flags), tryRun }
    const [isDry, isQuiet, overwrite] = ['dry-run', 'quiet', 'overwrite'].map((flag) => flags[flag] === true)
    const models = ownModels(settings)
    // Before the source, which may be large and far away.
    if (!isDry) await writing(settings, () => mkdir(models, { recursive: true }))
    const kind = source === undefined ? 'restorer' : await sourceKind(source)
    refuseUseless(flags, kind)
    const name = readName(flags.name ?? (source === undefined ? undefined : ownNameOf(source, kind)))
    if (!isDry && !overwrite) await refuseHiding(settings, name)
    if (kind === 'graph' && !isQuiet) process.stderr.write('gendr: trying the network out …\n')
    if (isDry) {
      if (source === undefined) throw unusable('Expected a checkpoint with --dry-run, got --random.', 'Leave one out.')
      const { importReport } = await import('./import-report.ts')
      process.stdout.write(importReport(await draftModel({ ...own, name, source })))
      return 0
    }
    const progress = await stepProgress(isQuiet === true)
    const options = {
      ...own,
      name,
      output: join(models, name),
      overwrite,
      signal: abortOnInterrupt(),
      warn: (message: string) => process.stderr.write(`gendr: ${message}\n`),
      progress: progress.step,
      tell: (origin: string) => process.stdout.write(`${name}: ${origin}\n`),
    }
    try {
      if (typeof random === 'string') await importRandom(random, options)
      else await importCheckpoint({ ...options, source: source! })
    } catch (error) {
      if (!(error instanceof RestorationError) || error.code !== 'interrupted') throw knownFailure(error) ?? error
      process.stderr.write(`gendr: ${error.message} ${error.remedy}\n`)
      return INTERRUPTED
    } finally {
      progress.end()
    }
    process.stdout.write(`${name} is in ${options.output}\n`)
    return 0
  },
}

function readName(name: unknown): string {
  if (typeof name === 'string' && /^[a-z0-9][a-z0-9._-]*$/i.test(name)) return name
  throw unusable(
    `Expected --name to be letters, digits, dots and dashes but received '${String(name ?? '')}'.`,
    'Name the model, for example --name gendr-x4.',
  )
}

function unusable(message: string, remedy: string): RestorationError {
  return new RestorationError('configuration_invalid', message, remedy)
}
