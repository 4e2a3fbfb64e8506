import { RestorationError } from '../../nodes/sdk/error.ts'
import { filesOf, listModels, parseModelManifest } from './folder.ts'
import type { Manifest } from './manifest.ts'

/** What anybody may know of an installed model; nothing of where it lies. */
export interface ModelFacts
  extends Pick<Manifest, 'kind' | 'description' | 'licence' | 'source' | 'precision' | 'parameters'> {
  readonly constants: Manifest['constants']
  readonly name: string
  /** Of all its files. */
  readonly bytes: number
  readonly prompts: readonly string[]
}

/** A model folder that cannot be read, and why. */
export interface BrokenModel {
  readonly name: string
  readonly problem: string
}

/** Every model under the roots; reads manifests only. */
export async function modelFacts(roots: readonly string[]): Promise<readonly (ModelFacts | BrokenModel)[]> {
  const models = await listModels(roots)
  return Promise.all(
    models.map(async ({ name, directory }) => {
      try {
        return factsOf(name, await parseModelManifest(directory))
      } catch (error) {
        if (!(error instanceof RestorationError)) throw error
        return { name, problem: error.message.replaceAll(directory, `model '${name}'`) }
      }
    }),
  )
}

function factsOf(name: string, manifest: Manifest): ModelFacts {
  const { kind, description, licence, source, precision, parameters, constants } = manifest
  const bytes = filesOf(manifest).reduce((sum, file) => sum + file.bytes, 0)
  const prompts = manifest.kind === 'upscaler' ? [] : (manifest.conditioning?.prompts ?? [])
  return { name, kind, description, licence, source, precision, parameters, bytes, prompts, constants }
}
