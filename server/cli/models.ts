import { join, resolve } from 'node:path'
import { DEFAULT_SETTING } from '../../models/import/asking.ts'
import { tidyFolders } from '../../models/import/target.ts'
import { type BrokenModel, type ModelFacts, modelFacts } from '../../models/installed/facts.ts'
import { listIqaModels } from '../../models/installed/iqa-models.ts'
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

/** Puts right what a killed import left behind. */
export async function tidyModels(settings: Pick<WorkSettings, 'data'>): Promise<void> {
  await writing(settings, () => tidyFolders(ownModels(settings)))
}
