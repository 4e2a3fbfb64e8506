import { join } from 'node:path'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { WORK_OPTIONS, workSettings } from '../config.ts'
import { abortOnInterrupt } from './abort.ts'
import type { Command } from './command.ts'
import { ADDITION_OPTIONS, readAdditions } from './import-additions.ts'
import { ownModels } from './models.ts'

export const importCommand: Command = {
  usage: 'import DIR --name NAME',
  summary: 'Make a model from a checkpoint in the Diffusers layout',
  options: {
    name: { value: 'NAME', help: 'the name of the model' },
    timestep: { value: 'N', help: 'the one timestep that the model is asked with' },
    ...ADDITION_OPTIONS,
    random: { value: 'CONFIG.json', help: 'in place of DIR: random weights of these configurations, to measure with' },
    overwrite: { help: 'replace a model of the same name' },
    data: WORK_OPTIONS.data,
  },
  operands: [0, 1],
  async run([directory], flags, environment) {
    const settings = workSettings(flags, environment)
    const name = readName(flags.name)
    const additions = readAdditions(flags)
    const { random } = flags
    if ((directory === undefined) === (typeof random !== 'string'))
      throw new RestorationError(
        'configuration_invalid',
        `Expected a checkpoint or --random, got ${directory === undefined ? 'neither' : 'both'}.`,
        'See gendr import --help.',
      )
    const { importCheckpoint } = await import('../../models/import/import.ts')
    const { importRandom } = await import('../../models/import/random.ts')
    const { mkdir } = await import('node:fs/promises')
    const models = ownModels(settings)
    await mkdir(models, { recursive: true })
    let shown = -1
    const options = {
      ...additions,
      output: join(models, name),
      name,
      timestep: readTimestep(flags.timestep),
      overwrite: flags.overwrite === true,
      signal: abortOnInterrupt(),
      warn: (message: string) => process.stderr.write(`gendr: ${message}\n`),
      progress: (done: number, total: number) => {
        const percent = Math.floor((100 * done) / total)
        if (percent === shown || (process.stderr.isTTY !== true && percent % 10 !== 0)) return
        shown = percent
        process.stderr.write(process.stderr.isTTY === true ? `\r${percent} %` : `${percent} %\n`)
      },
    }
    const manifest =
      typeof random === 'string'
        ? await importRandom(random, options)
        : await importCheckpoint({ ...options, directory: directory! })
    if (process.stderr.isTTY === true) process.stderr.write('\r')
    process.stdout.write(`${manifest.name} is in ${join(models, name)}\n`)
    return 0
  },
}

function readName(name: unknown): string {
  if (typeof name === 'string' && /^[a-z0-9][a-z0-9._-]*$/i.test(name)) return name
  throw new RestorationError(
    'configuration_invalid',
    `Expected --name to be letters, digits, dots and dashes but received '${String(name ?? '')}'.`,
    'Name the model, for example --name gendr-x4.',
  )
}

function readTimestep(timestep: unknown): number | undefined {
  if (timestep === undefined) return undefined
  const number = Number(timestep)
  if (Number.isFinite(number) && number >= 0) return number
  throw new RestorationError(
    'configuration_invalid',
    `Expected --timestep to be a number from 0 but received '${String(timestep)}'.`,
    'Leave it out to use what the checkpoint says.',
  )
}
