import { basename, dirname, join, resolve } from 'node:path'
import { type BrokenModel, type ModelFacts, modelFacts } from '../../models/installed/facts.ts'
import { listModels } from '../../models/installed/folder.ts'
import { listIqaModels } from '../../models/installed/iqa-models.ts'
import { looseFiles } from '../../models/installed/loose-files.ts'
import { tidyFolders } from '../../models/installed/replace-folder.ts'
import { DEFAULT_SETTING } from '../../models/installed/setting.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { WorkSettings } from '../config.ts'
import type { ModelChoices } from '../graph/catalogue.ts'
import { writing } from './data-folder.ts'

/** Names of the installed models. What cannot be read is offered too, so that whoever chooses it learns why. */
export async function modelChoices({ modelRoots }: Pick<WorkSettings, 'modelRoots'>): Promise<ModelChoices> {
  const models = await modelFacts(modelRoots)
  const isUpscaler = (model: ModelFacts | BrokenModel) => 'kind' in model && model.kind === 'upscaler'
  const names = (wanted: boolean) => models.filter((one) => isUpscaler(one) === wanted).map(({ name }) => name)
  const iqa = await listIqaModels(modelRoots)
  const settings = models.flatMap((one) => ('prompts' in one ? one.prompts : []))
  return {
    gendr_models: names(false),
    gendr_settings: [...new Set([DEFAULT_SETTING, ...settings])],
    upscale_models: names(true),
    iqa_models: iqa.map(({ name }) => name),
  }
}

/** The one folder that models are imported into and removed from. */
export function ownModels({ data }: Pick<WorkSettings, 'data'>): string {
  return join(resolve(data), 'models')
}

/**
 * Refuses a name that a model of another folder has: one in the data folder would hide it.
 * @throws RestorationError `configuration_invalid`
 */
export async function refuseHiding(settings: Pick<WorkSettings, 'data' | 'modelRoots'>, name: string): Promise<void> {
  const found = (await listModels(settings.modelRoots)).find((model) => model.name === name)
  if (found === undefined || dirname(found.directory) === ownModels(settings)) return
  throw new RestorationError(
    'configuration_invalid',
    `Expected a name that no other model has, but '${name}' is in ${found.directory}, and one in the data folder would hide it.`,
    'Choose another --name, or take its place with --overwrite.',
  )
}

/** A line for each file that lies among the models and is none. */
export async function adviceOnLooseFiles(settings: Pick<WorkSettings, 'data'>): Promise<readonly string[]> {
  const files = await looseFiles(ownModels(settings))
  return files.map((path) => `${basename(path)} is not a model yet. Import it: gendr import "${path}"`)
}

/** Puts right what a killed import left behind. */
export async function tidyModels(settings: Pick<WorkSettings, 'data'>): Promise<void> {
  await writing(settings, () => tidyFolders(ownModels(settings)))
}
