import { dirname, resolve } from 'node:path'
import { findModel } from '../../models/installed/folder.ts'
import { removeFolder } from '../../models/installed/replace-folder.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { WORK_OPTIONS, workSettings } from '../config.ts'
import type { Command } from './command.ts'
import { ownModels } from './models.ts'

export const modelsRemoveCommand: Command = {
  usage: 'models remove NAME',
  summary: 'Delete a model that was imported; a run that uses it ends well',
  options: { data: WORK_OPTIONS.data },
  operands: [1, 1],
  async run([name], flags, environment) {
    const settings = workSettings(flags, environment)
    const directory = await findModel(settings.modelRoots, name!)
    if (resolve(dirname(directory)) !== ownModels(settings)) {
      throw new RestorationError(
        'configuration_invalid',
        `Expected a model that was imported into ${ownModels(settings)}, but '${name}' lies elsewhere.`,
        'Shipped models stay; delete others where they are.',
      )
    }
    await removeFolder(directory)
    process.stdout.write(`${name} is removed\n`)
    return 0
  },
}
