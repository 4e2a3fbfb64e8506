import { findModel, listModels } from '../../models/installed/folder.ts'
import { findDamage } from '../../models/installed/verify.ts'
import { WORK_OPTIONS, workSettings } from '../config.ts'
import type { Command } from './command.ts'

export const modelsVerifyCommand: Command = {
  usage: 'models verify [NAME…]',
  summary: 'Compare every file of the models with its size and SHA-256',
  options: { data: WORK_OPTIONS.data, models: WORK_OPTIONS.models },
  operands: [0, 1000],
  async run(names, flags, environment) {
    const settings = workSettings(flags, environment)
    let isSound = true
    for (const name of names.length > 0 ? names : (await listModels(settings.modelRoots)).map(({ name }) => name)) {
      const damage = await findDamage(await findModel(settings.modelRoots, name))
      if (damage.length === 0) process.stdout.write(`${name}: sound\n`)
      for (const { file, problem } of damage) process.stdout.write(`${name}: ${file}: ${problem}\n`)
      if (damage.length > 0) process.stdout.write(`${name}: import it again, or restore it from where it came.\n`)
      isSound &&= damage.length === 0
    }
    return isSound ? 0 : 1
  },
}
