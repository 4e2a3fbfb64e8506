import { join, resolve } from 'node:path'
import { listModels } from '../../models/import/folder.ts'
import { tidyFolders } from '../../models/import/target.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { WorkSettings } from '../config.ts'

/** Names of the installed models. */
export async function modelNames({ modelRoots }: Pick<WorkSettings, 'modelRoots'>): Promise<readonly string[]> {
  return (await listModels(modelRoots)).map(({ name }) => name)
}

/** The folder of one model. @throws RestorationError `model_not_found`, naming those that there are */
export async function findModel(roots: readonly string[], name: string): Promise<string> {
  const models = await listModels(roots)
  const found = models.find((model) => model.name === name)
  if (found !== undefined) return found.directory
  throw new RestorationError(
    'model_not_found',
    `There is no model '${name}'.`,
    models.length === 0
      ? 'Import one: gendr import DIR --name NAME.'
      : `Choose one of: ${models.map((model) => model.name).join(', ')}.`,
  )
}

/** The one folder that models are imported into and removed from. */
export function ownModels({ data }: Pick<WorkSettings, 'data'>): string {
  return join(resolve(data), 'models')
}

/** Puts right what a killed import left behind. */
export async function tidyModels(settings: Pick<WorkSettings, 'data'>): Promise<void> {
  await tidyFolders(ownModels(settings))
}
