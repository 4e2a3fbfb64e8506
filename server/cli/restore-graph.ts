import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Flags } from '../config.ts'
import type { Catalogue } from '../graph/catalogue.ts'
import type { Prompt, PromptNode } from '../graph/prompt.ts'
import type { PromptError } from '../graph/validate.ts'

/** Flags of `restore` that are parameters of GenDRRestore. */
const RESTORE_PARAMETERS = {
  scale: 'scale',
  tile: 'tile_size',
  overlap: 'overlap',
  strength: 'strength',
  grain: 'grain',
  'color-transfer': 'color_transfer',
} as const

/** And of GenDRModelLoader. */
const MODEL_PARAMETERS = { setting: 'setting' } as const

/** Those that an upscaler has too. */
const UPSCALE_PARAMETERS = { tile: 'tile_size', overlap: 'overlap' } as const

export interface ChosenModel {
  readonly name: string
  readonly isUpscaler: boolean
}

export interface Picture {
  readonly name: string
  /** Whether its result shall have its transparency. */
  readonly hasAlpha: boolean
}

/** Load, restore, save: what is not said by a flag is the node's own default. Validation checks the values. */
export function restoreGraph(
  catalogue: Catalogue,
  { name, hasAlpha }: Picture,
  model: ChosenModel,
  flags: Flags,
): Prompt {
  const work = model.isUpscaler
    ? {
        model: node(catalogue, 'UpscaleModelLoader', { model_name: model.name }),
        restore: node(catalogue, 'ImageUpscaleWithModel', {
          image: ['load', 0],
          upscale_model: ['model', 0],
          ...chosen(upscalerFlags(model.name, flags), UPSCALE_PARAMETERS),
        }),
      }
    : {
        model: node(catalogue, 'GenDRModelLoader', {
          model_name: model.name,
          ...chosen(flags, MODEL_PARAMETERS),
        }),
        restore: node(catalogue, 'GenDRRestore', {
          image: ['load', 0],
          model: ['model', 0],
          ...chosen(flags, RESTORE_PARAMETERS),
        }),
      }
  const join = node(catalogue, 'JoinImageWithAlpha', { image: ['restore', 0], alpha: ['load', 1] })
  return {
    load: node(catalogue, 'LoadImage', { image: name }),
    ...work,
    ...(hasAlpha && { join }),
    save: node(catalogue, 'SaveImage', { images: [hasAlpha ? 'join' : 'restore', 0] }),
  }
}

/** What a graph was refused for, as what is wrong with the flag that said it. */
export function complaintOfFlag(error: unknown, flags: Flags): unknown {
  const complaint = error instanceof RestorationError ? (error.cause as PromptError | undefined) : undefined
  const name = complaint?.extra_info.input_name
  const flag = Object.entries({ model: 'model_name', ...MODEL_PARAMETERS, ...RESTORE_PARAMETERS }).find(
    ([flag, parameter]) => parameter === name && flags[flag] !== undefined,
  )?.[0]
  if (complaint === undefined || flag === undefined) return error
  const reason = complaint.message.replace(/^./, (letter) => letter.toLowerCase())
  const { remedy } = complaint.extra_info
  return new RestorationError(
    'configuration_invalid',
    `--${flag} ${String(flags[flag])} does not fit: ${reason}.`,
    typeof remedy === 'string' ? remedy : 'See gendr restore --help.',
  )
}

function chosen(flags: Flags, parameters: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([flag, parameter]) =>
      flags[flag] === undefined ? [] : [[parameter, flags[flag]] as const],
    ),
  )
}

function upscalerFlags(name: string, flags: Flags): Flags {
  const foreign = Object.keys({ ...RESTORE_PARAMETERS, ...MODEL_PARAMETERS }).find(
    (flag) => !(flag in UPSCALE_PARAMETERS) && flags[flag] !== undefined,
  )
  if (foreign === undefined) return flags
  throw new RestorationError(
    'configuration_invalid',
    `Expected no --${foreign} with the upscaler '${name}', which has a scale of its own and nothing else to set.`,
    'Leave it out, or choose a one-step restorer with --model.',
  )
}

function node(catalogue: Catalogue, type: string, inputs: Record<string, unknown>): PromptNode {
  const defaults = (catalogue.get(type)?.parameters ?? []).flatMap((parameter) =>
    parameter.default === undefined ? [] : [[parameter.name, parameter.default] as const],
  )
  return { class_type: type, inputs: { ...Object.fromEntries(defaults), ...inputs } }
}
