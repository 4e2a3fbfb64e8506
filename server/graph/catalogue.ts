import type { NodeDescription, ParameterDescription } from '../../nodes/sdk/description.ts'

/** The nodes that a runner offers, by class_type. */
export type Catalogue = ReadonlyMap<string, NodeDescription>

/** Names of the installed models, by the folder that ComfyUI's clients know them under. */
export interface ModelChoices {
  readonly gendr_models: readonly string[]
  /** Of all models together. */
  readonly gendr_settings: readonly string[]
  readonly upscale_models: readonly string[]
  readonly iqa_models: readonly string[]
}

/** Options that change while the host runs. */
export interface Choices extends ModelChoices {
  readonly input_images: readonly string[]
  /** Whether LoadImage could open this name; without it only `input_images` counts. */
  readonly imageExists?: (name: string) => boolean
}

export function catalogueOf(descriptions: Iterable<NodeDescription>): Catalogue {
  return new Map(Array.from(descriptions, (description) => [description.id, description]))
}

/** The options of a combo, those of the host included. */
export function optionsOf(parameter: ParameterDescription, choices: Choices): readonly string[] {
  if (parameter.kind !== 'COMBO') return []
  return parameter.optionsFrom === undefined ? parameter.options : choices[parameter.optionsFrom]
}
