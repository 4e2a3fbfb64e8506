import { join, resolve } from 'node:path'
import { listModels } from '../../models/import/folder.ts'
import { tidyFolders } from '../../models/import/target.ts'
import type { WorkSettings } from '../config.ts'

/** Names of the installed models. */
export async function modelNames({ modelRoots }: Pick<WorkSettings, 'modelRoots'>): Promise<readonly string[]> {
  return (await listModels(modelRoots)).map(({ name }) => name)
}

/** The one folder that models are imported into and removed from. */
export function ownModels({ data }: Pick<WorkSettings, 'data'>): string {
  return join(resolve(data), 'models')
}

/** Puts right what a killed import left behind. */
export async function tidyModels(settings: Pick<WorkSettings, 'data'>): Promise<void> {
  await tidyFolders(ownModels(settings))
}
