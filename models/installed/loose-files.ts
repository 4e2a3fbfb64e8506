import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isWeightsFile } from '../../nodes/sdk/model-name.ts'
import { IQA_FOLDER } from './iqa-models.ts'

/**
 * Files of weights that lie in a folder of models, or in one below it as ComfyUI has them, and are no part of a model:
 * somebody put them there who has still to import them.
 */
export async function looseFiles(root: string): Promise<readonly string[]> {
  const found: string[] = []
  const entries = await readdir(root, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    const path = join(root, entry.name)
    if (entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== IQA_FOLDER) {
      const inner: readonly string[] = await readdir(path).catch(() => [])
      if (!inner.includes('manifest.json')) found.push(...inner.filter(isWeightsFile).map((name) => join(path, name)))
    } else if (isWeightsFile(entry.name)) found.push(path)
  }
  return found.sort()
}
