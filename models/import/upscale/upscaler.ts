import { basename } from 'node:path'
import { nameOfFile } from '../../../nodes/sdk/model-name.ts'
import { modelNameSchema } from '../../installed/manifest.ts'
import { invalidCheckpoint } from '../failure.ts'
import { drawParts, type GraphStyle, type ModelDraft } from '../model-draft.ts'
import { openFile, type Weights } from '../weights.ts'
import { ARCHITECTURES } from './architecture.ts'
import { draftForeign, type ForeignOptions } from './foreign.ts'
import { refuseOtherKinds } from './other-kinds.ts'
import type { Recognised } from './recognised.ts'

export interface UpscalerOptions extends GraphStyle, ForeignOptions {
  /** @default the file's name without its ending */
  readonly name?: string | undefined
}

/** An upscaler's file as a model: .safetensors and .pth by the names of their tensors, .onnx as it is. */
export async function draftUpscaler(path: string, options: UpscalerOptions): Promise<ModelDraft> {
  const description = {
    kind: 'upscaler' as const,
    version: 1 as const,
    name: nameOf(path, options.name),
    licence: 'unknown',
    source: basename(path),
    madeBy: 'gendr import',
  }
  if (isForeign(path)) return draftForeign(path, description, options)
  const { weights, recognised, doubts } = recognise(openUpscaler(path))
  const { architecture, details, scale, channels, paddingMultiple, build } = recognised
  const from = [{ name: 'pixels', channels, reduction: 1 }]
  const { written, graphs } = drawParts(
    options,
    { upscaler: weights },
    {
      upscaler: { weights, from, to: 'enlarged', body: build },
    },
  )
  requireAllUsed(weights, recognised)
  return {
    description: {
      ...description,
      description: `${architecture} ×${scale}: ${details}.`,
      constants: { architecture, scale, channels: channels === 1 ? 1 : 3, paddingMultiple },
    },
    written,
    graphs,
    parameters: weights.parameters,
    sources: [weights],
    doubts,
  }
}

/** The tensors of a file that may be an upscaler's. */
export function openUpscaler(path: string): Weights {
  if (!/\.(safetensors|pth|pt|ckpt)$/i.test(path))
    throw invalidCheckpoint(
      `${path}: expected an ending of .safetensors, .pth or .onnx.`,
      'Name the file of an upscaler, or a folder in the Diffusers layout.',
    )
  const weights = openFile(path)
  refuseOtherKinds(weights)
  return weights
}

/** Whether it is a graph that is taken as it is. */
export function isForeign(path: string): boolean {
  return /\.onnx$/i.test(path)
}

interface Found {
  readonly weights: Weights
  readonly recognised: Recognised
}

/** What a file's tensors are, also where all names of them begin with that of what wrapped the network in training. */
function recognise(weights: Weights): Found & { readonly doubts: readonly string[] } {
  const whole = tryArchitectures(weights)
  if (whole) return { ...whole, doubts: [] }
  const wrapped = [...weights.modules(DEEPEST)].flatMap(([prefix, own]) => {
    const found = tryArchitectures(own)
    return found ? [{ ...found, prefix }] : []
  })
  // Of weights and their running average, the average.
  const averages = wrapped.filter(({ prefix }) => /ema/i.test(prefix))
  const [chosen, other] = averages.length > 0 ? averages : wrapped
  if (chosen && other)
    throw invalidCheckpoint(
      `${weights.place}: expected one network, got those under ${chosen.prefix} and ${other.prefix}.`,
      'Save the tensors of one of them in a file of its own.',
    )
  if (chosen) return { ...chosen, doubts: doubtsOf(weights, chosen.prefix) }
  throw invalidCheckpoint(
    `${weights.place}: expected the tensors of RRDBNet, SRVGGNetCompact or SPAN, found ${weights.names.slice(0, 3).join(', ') || 'none'}.`,
    'Bring the network as .onnx, which may be of any architecture, or see docs/models.md for how to add one.',
  )
}

function tryArchitectures(weights: Weights): Found | undefined {
  for (const architecture of ARCHITECTURES) {
    const found = architecture(weights)
    if (found) return { weights, recognised: requireColours(weights, found) }
  }
  return undefined
}

/** How deep a network may be wrapped. */
const DEEPEST = 3

function doubtsOf({ names, place }: Weights, prefix: string): readonly string[] {
  const others = names.filter((name) => !name.startsWith(prefix) && name !== COUNTER)
  if (others.length === 0) return []
  return [
    `${place}: taken for the network under ${prefix}, without ${others.length} other tensors, such as ${others[0]}`,
  ]
}

/** A counter that averaging leaves in a checkpoint (torch.optim.swa_utils.AveragedModel). */
const COUNTER = 'n_averaged'

/** A tensor that nothing takes tells of a variant: the network would load, and compute something else than it was trained for. */
function requireAllUsed(weights: Weights, { architecture, leftOver }: Recognised): void {
  const unknown = weights.unused.filter((name) => name !== COUNTER && !leftOver?.test(name))
  if (unknown.length === 0) return
  throw invalidCheckpoint(
    `${weights.place}: expected the tensors of ${architecture} alone, found ${unknown.length} more, the first is ${unknown[0]}.`,
    `It is a variant of ${architecture} that is not known here; bring it as .onnx, which may be of any architecture.`,
  )
}

function requireColours(weights: Weights, found: Recognised): Recognised {
  if (found.channels === 1 || found.channels === 3) return found
  throw invalidCheckpoint(`${weights.place}: expected a network of 1 or 3 colour channels, got ${found.channels}.`)
}

function nameOf(path: string, wanted: string | undefined): string {
  const name = wanted ?? nameOfFile(path)
  if (modelNameSchema.safeParse(name).success) return name
  throw invalidCheckpoint(
    `Expected a name of letters, digits, dots, dashes and underscores, got ${name}.`,
    'Choose one with --name NAME.',
  )
}
