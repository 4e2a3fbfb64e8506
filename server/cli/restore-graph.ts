import { checkOverlap } from '../../nodes/sdk/checks.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Flags } from '../config.ts'
import type { Catalogue } from '../graph/catalogue.ts'
import type { Prompt, PromptNode } from '../graph/prompt.ts'
import type { PromptError } from '../graph/validate.ts'
import { messageOf } from '../message-of.ts'
import type { ChosenModel } from './chosen-model.ts'
import type { Format } from './picture-files.ts'

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

export interface Picture {
  readonly name: string
  /** Whether its result shall have its transparency. */
  readonly hasAlpha: boolean
  /** That of its result. */
  readonly format: Format
}

/** Of results in formats that lose something. */
const QUALITY = 95

/** Load, restore, save: what is not said by a flag is the node's own default. Validation checks the values. */
export function restoreGraph(
  catalogue: Catalogue,
  { name, hasAlpha, format }: Picture,
  model: ChosenModel,
  flags: Flags,
): Prompt {
  const make = (type: string, inputs: Record<string, unknown>) => node(catalogue, type, inputs)
  const restorer = model.isUpscaler ? upscaler(make, model.name, flags) : oneStep(make, model.name, flags)
  const load = make('LoadImage', { image: name })
  const { restore } = restorer
  const save = (images: Link) => make('SaveImageAs', { images, format, quality: QUALITY })
  if (!hasAlpha) {
    return { load, model: restorer.model, restore: restore(['load', 0]), save: save(['restore', 0]) }
  }
  return {
    load,
    model: restorer.model,
    ...cutOut(make, restore, Number(flags.scale) !== 1),
    save: save(['join', 0]),
  }
}

type Make = (type: string, inputs: Record<string, unknown>) => PromptNode
type Link = readonly [node: string, output: number]

/** The model, and how it is put to work on a picture; `further` goes before what the flags say. */
interface Restorer {
  readonly model: PromptNode
  readonly restore: (image: Link, further?: Readonly<Record<string, unknown>>) => PromptNode
}

function upscaler(make: Make, name: string, flags: Flags): Restorer {
  const inputs = { upscale_model: ['model', 0], ...chosen(upscalerFlags(name, flags), UPSCALE_PARAMETERS) }
  return {
    model: make('UpscaleModelLoader', { model_name: name }),
    restore: (image) => make('ImageUpscaleWithModel', { image, ...inputs }),
  }
}

function oneStep(make: Make, name: string, flags: Flags): Restorer {
  const inputs = { model: ['model', 0], ...chosen(flags, RESTORE_PARAMETERS) }
  return {
    model: make('GenDRModelLoader', { model_name: name, ...chosen(flags, MODEL_PARAMETERS) }),
    restore: (image, further) => make('GenDRRestore', { image, ...inputs, ...further }),
  }
}

/**
 * What is hidden would show at the edges, in a colour that nobody chose: most programs write black there. And an outline that is only
 * interpolated is soft beside what was restored: where the picture grows it is restored as well, and what is nearly opaque or nearly
 * transparent then is that.
 */
function cutOut(make: Make, restore: Restorer['restore'], grows: boolean): Prompt {
  const outline = {
    mask: make('MaskToImage', { mask: ['load', 1] }),
    outline: restore(['mask', 0], { grain: 0 }),
    clean: make('ImageLevels', { image: ['outline', 0], black: NEARLY, white: 255 - NEARLY }),
    alpha: make('ImageToMask', { image: ['clean', 0] }),
  }
  return {
    opaque: make('ImageFillAlpha', { image: ['load', 0], mask: ['load', 1], fill: 'own colors' }),
    restore: restore(['opaque', 0]),
    ...(grows && outline),
    join: make('JoinImageWithAlpha', { image: ['restore', 0], alpha: grows ? ['alpha', 0] : ['load', 1] }),
  }
}

/** Levels of 255 that a restored outline may be off where there is none. */
const NEARLY = 5

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

/** @throws RestorationError `configuration_invalid` where tile and overlap fit, but not together */
export function checkTiles({ restore }: Prompt, { hasOwnTiles }: ChosenModel): void {
  if (hasOwnTiles === true) return
  const { tile_size, overlap } = restore!.inputs
  try {
    checkOverlap(Number(tile_size), Number(overlap))
  } catch (error) {
    throw new RestorationError(
      'configuration_invalid',
      messageOf(error),
      'Choose a smaller --overlap or a larger --tile.',
      { cause: error },
    )
  }
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
