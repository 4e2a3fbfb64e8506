import type { Flags } from '../config.ts'
import type { Catalogue } from '../graph/catalogue.ts'
import type { Prompt, PromptNode } from '../graph/prompt.ts'

/** Flags of `restore` that are parameters of GenDRRestore. */
export const RESTORE_PARAMETERS = {
  scale: 'scale',
  tile: 'tile_size',
  overlap: 'overlap',
  strength: 'strength',
  'color-transfer': 'color_transfer',
} as const

/** Load, restore, save: what is not said by a flag is the node's own default. Validation checks the values. */
export function restoreGraph(catalogue: Catalogue, image: string, model: string, flags: Flags): Prompt {
  const chosen = Object.entries(RESTORE_PARAMETERS).flatMap(([flag, parameter]) =>
    flags[flag] === undefined ? [] : [[parameter, flags[flag]] as const],
  )
  return {
    load: node(catalogue, 'LoadImage', { image }),
    model: node(catalogue, 'GenDRModelLoader', { model_name: model }),
    restore: node(catalogue, 'GenDRRestore', {
      image: ['load', 0],
      model: ['model', 0],
      ...Object.fromEntries(chosen),
    }),
    save: node(catalogue, 'SaveImage', { images: ['restore', 0] }),
  }
}

function node(catalogue: Catalogue, type: string, inputs: Record<string, unknown>): PromptNode {
  const defaults = (catalogue.get(type)?.parameters ?? []).flatMap((parameter) =>
    parameter.default === undefined ? [] : [[parameter.name, parameter.default] as const],
  )
  return { class_type: type, inputs: { ...Object.fromEntries(defaults), ...inputs } }
}
