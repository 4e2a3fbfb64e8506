import { listModels } from '../../models/import/folder.ts'
import type { WorkSettings } from '../config.ts'

/** Names of the installed models. */
export async function modelNames({ modelRoots }: WorkSettings): Promise<readonly string[]> {
  return (await listModels(modelRoots)).map(({ name }) => name)
}
