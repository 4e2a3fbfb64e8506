import { type BrokenModel, type ModelFacts, modelFacts } from '../../models/installed/facts.ts'
import { DEFAULT_SETTING } from '../../models/installed/setting.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { installedAs } from '../../nodes/sdk/model-name.ts'
import type { Flags, WorkSettings } from '../config.ts'

/** The model that pictures are restored with. */
export interface ChosenModel {
  readonly name: string
  readonly isUpscaler: boolean
  /** Of all its files. */
  readonly bytes: number
  /** How many times larger its results are, where that is its own. */
  readonly scale?: number | undefined
  /** Whether its tiles have a size of their own, whatever is asked for. */
  readonly hasOwnTiles?: boolean
}

/**
 * The model that flags name, by its file too as graphs do, else the shipped one, else the first restorer.
 * @throws RestorationError `configuration_invalid` where there is none of that name, or it has no such setting;
 *   `model_not_found` where there is none at all
 */
export async function chooseModel(
  { modelRoots }: Pick<WorkSettings, 'modelRoots'>,
  { model: name, setting }: Flags,
): Promise<ChosenModel> {
  const models = await modelFacts(modelRoots)
  const restorers = models.filter((model) => !isUpscaler(model))
  const chosen =
    name === undefined
      ? (restorers.find((model) => model.name === SHIPPED) ?? restorers[0])
      : named(models, String(name))
  if (chosen !== undefined) {
    refuseSetting(chosen, setting)
    const bytes = 'bytes' in chosen ? chosen.bytes : 0
    const scale =
      'constants' in chosen && 'scale' in chosen.constants && isUpscaler(chosen) ? chosen.constants.scale : undefined
    return { name: chosen.name, isUpscaler: isUpscaler(chosen), bytes, scale, hasOwnTiles: hasOwnTiles(chosen) }
  }
  if (name === undefined || models.length === 0)
    throw new RestorationError('model_not_found', 'No model is installed.', 'Import one with `gendr import`.')
  const all = [...restorers, ...models.filter(isUpscaler)].map((model) => model.name)
  throw new RestorationError(
    'configuration_invalid',
    `No model '${String(name)}' is installed.`,
    `Choose one of: ${all.join(', ')}.`,
  )
}

const SHIPPED = 'gendr-nano'

function named<Model extends { readonly name: string }>(models: readonly Model[], name: string): Model | undefined {
  const installed = installedAs(
    name,
    models.map((model) => model.name),
  )
  return models.find((model) => model.name === installed)
}

function isUpscaler(model: ModelFacts | BrokenModel): boolean {
  return 'kind' in model && model.kind === 'upscaler'
}

function hasOwnTiles(model: ModelFacts | BrokenModel): boolean {
  return 'constants' in model && 'size' in model.constants && model.constants.size !== undefined
}

/** What an upscaler takes is refused elsewhere, and a model that cannot be read when it is opened, with the reason. */
function refuseSetting(model: ModelFacts | BrokenModel, setting: Flags[string]): void {
  if (typeof setting !== 'string' || !('prompts' in model) || isUpscaler(model)) return
  const known = [...new Set([DEFAULT_SETTING, ...model.prompts])]
  if (known.includes(setting)) return
  throw new RestorationError(
    'configuration_invalid',
    `Model '${model.name}' has no setting '${setting}'.`,
    known.length === 1
      ? 'Leave out --setting, or choose another model with --model.'
      : `Choose one of: ${known.join(', ')}.`,
  )
}
