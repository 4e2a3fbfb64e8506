import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { findModel, type ModelFolder, openModelFolder, toGendrManifest } from '../../models/import/folder.ts'
import type { ModelPart, Models } from '../../nodes/sdk/context.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { GendrModel } from '../../nodes/sdk/values.ts'
import type { GraphReference } from '../inference/messages.ts'

/** The models that are installed, by folder name. */
export class ModelStore implements Models {
  readonly #roots: readonly string[]
  readonly #folders = new WeakMap<GendrModel, ModelFolder>()

  constructor(roots: readonly string[]) {
    this.#roots = roots
  }

  async open(name: string): Promise<GendrModel> {
    const directory = await findModel(this.#roots, name)
    const folder = await openModelFolder(directory).catch((error: unknown) => {
      throw withoutPath(error, name, directory)
    })
    const model: GendrModel = { name, manifest: toGendrManifest(folder.manifest) }
    this.#folders.set(model, folder)
    return model
  }

  async fingerprint(name: string): Promise<string> {
    const { mtimeMs, size } = await stat(join(await findModel(this.#roots, name), 'manifest.json'))
    return `${size}:${mtimeMs}`
  }

  /** The graph of one part of a model that this store opened. */
  graph(model: GendrModel, part: ModelPart): GraphReference {
    const folder = this.#folders.get(model)
    if (folder === undefined) throw new Error(`model ${model.name} was opened elsewhere`)
    const weights = folder.manifest.weights.reduce((sum, file) => sum + file.bytes, 0)
    return {
      label: `${part} of model '${model.name}'`,
      path: folder.graphs[part],
      bytes: folder.manifest.graphs[part].bytes + Math.ceil(weights / 3),
    }
  }
}

/** Clients learn the model and the file, not where they lie. */
function withoutPath(error: unknown, name: string, directory: string): unknown {
  if (!(error instanceof RestorationError)) return error
  const message = error.message.replaceAll(directory, `model '${name}'`)
  return new RestorationError(error.code, message, error.remedy, { cause: error })
}
