import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { RestorationError } from '../../nodes/sdk/error.ts'

/** A network that scores pictures, as somebody brought it: nothing about it is known but its file. */
export interface IqaFile {
  readonly name: string
  readonly path: string
}

/** The folder of a model root that they lie in. */
export const IQA_FOLDER = 'iqa'

/** Every ONNX file in the folder `iqa` of the model roots, by name; where two share a name the earlier root wins. */
export async function listIqaModels(roots: readonly string[]): Promise<readonly IqaFile[]> {
  const found = new Map<string, string>()
  for (const root of roots) {
    const folder = join(root, IQA_FOLDER)
    for (const name of await readdir(folder).catch(() => []))
      if (/^[^.].*\.onnx$/i.test(name) && !found.has(name)) found.set(name, join(folder, name))
  }
  return Array.from(found, ([name, path]) => ({ name, path })).sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Its path. @throws RestorationError `model_not_found`, naming those that there are */
export async function findIqaModel(roots: readonly string[], name: string): Promise<string> {
  const files = await listIqaModels(roots)
  const found = files.find((file) => file.name === name)
  if (found !== undefined) return found.path
  throw new RestorationError(
    'model_not_found',
    `There is no IQA network '${name}'.`,
    files.length === 0
      ? "Put its ONNX file into models/iqa of the host's data folder."
      : `Choose one of: ${files.map((file) => file.name).join(', ')}.`,
  )
}
