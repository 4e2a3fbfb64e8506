import { open, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import { z } from 'zod'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { type Checkpoint, openCheckpoint } from './checkpoint.ts'
import { digestFile } from './digest.ts'
import { type Draft, draftModel, WEIGHTS_FILE } from './draft.ts'
import { invalidCheckpoint } from './failure.ts'
import { byteLength, type PlacedConstant } from './graph-builder.ts'
import { type Manifest, type ManifestFile, manifestSchema } from './manifest.ts'
import type { Precision } from './network.ts'
import { firstNotFinite, type StoredTensor } from './stored-tensor.ts'
import { replaceFolder, requireTarget } from './target.ts'

export interface ImportOptions {
  /** The checkpoint: a folder in the Diffusers layout. */
  readonly directory: string
  /** The model folder to make. */
  readonly output: string
  /** @default what gendr.json says */
  readonly name?: string | undefined
  /** The one timestep that the UNet is asked with. @default what gendr.json says */
  readonly timestep?: number | undefined
  /** How weights are stored; computing is in float32. @default as in the checkpoint, BF16 as fp32 */
  readonly precision?: Precision | undefined
  /** Replace a model that is already there. @default false */
  readonly overwrite?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  /** Called after each tensor that was checked or written. */
  readonly progress?: ((done: number, total: number, label: string) => void) | undefined
  /** Told what is odd but harmless, such as tensors that no layer uses. */
  readonly warn?: ((message: string) => void) | undefined
}

/**
 * Turns a Diffusers checkpoint into a model folder and returns its manifest. Nothing is written before every tensor has
 * been found and checked; the folder appears complete or not at all.
 */
export async function importCheckpoint(options: ImportOptions): Promise<Manifest> {
  const output = resolve(options.output)
  await requireTarget(output, options.overwrite ?? false)
  const checkpoint = openCheckpoint(options.directory)
  const identity = identify(checkpoint, options)
  const draft = draftModel(checkpoint, identity.timestep, options.precision)

  const parts = [checkpoint.unet, checkpoint.vae, checkpoint.prompt].map(({ weights }) => weights)
  const tensors = parts.flatMap(({ taken }) => taken)
  const step = stepper(tensors.length + draft.constants.length, options)
  for (const tensor of tensors) {
    requireFinite(tensor)
    await step(`checked ${tensor.name}`)
  }
  for (const { place, unused } of parts)
    if (unused.length > 0) options.warn?.(`${place}: ${unused.length} tensors are not used, the first is ${unused[0]}`)

  const parameters = parts.reduce((sum, part) => sum + part.parameters, 0)
  let manifest: Manifest | undefined
  await replaceFolder(output, async (folder) => {
    const files = await writeFiles(folder, draft, (name) => step(`wrote ${name}`))
    manifest = manifestSchema.parse({
      ...describe(checkpoint, identity),
      ...files,
      precision: draft.precision,
      parameters,
    })
    await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  })
  return manifest!
}

interface Identity {
  readonly name: string
  readonly timestep: number
}

const identitySchema = z.object({ name: manifestSchema.shape.name, timestep: z.number().min(0) })

/** What the checkpoint may leave open. */
function identify({ about }: Checkpoint, options: ImportOptions): Identity {
  const { name = about.name, timestep = about.timestep } = options
  if (timestep === undefined)
    throw invalidCheckpoint(
      'Expected the timestep that the model was trained for, got none.',
      'Name it with --timestep N, or write {"timestep": N} to gendr.json in the checkpoint folder.',
    )
  const identity = identitySchema.safeParse({ name, timestep })
  if (!identity.success)
    throw invalidCheckpoint(
      `Expected a name of letters, digits, dots, dashes and underscores and a timestep from 0 up, got ${name} and ${timestep}.`,
      'Choose them with --name NAME and --timestep N.',
    )
  return identity.data
}

function describe({ about, unet, vae }: Checkpoint, { name, timestep }: Identity) {
  const factor = 2 ** (vae.config.block_out_channels.length - 1)
  return {
    kind: 'gendr-latent',
    version: 1,
    name,
    description: about.description,
    licence: about.licence,
    source: about.source,
    madeBy: about.made_by,
    constants: {
      latentChannels: vae.config.latent_channels,
      factor,
      paddingMultiple: factor * 2 ** (unet.config.block_out_channels.length - 1),
      scale: vae.config.scaling_factor,
      shift: vae.config.shift_factor,
      timestep,
      alpha: about.alpha,
      beta: about.beta,
      prediction: about.prediction_type,
      colorTransfer: about.color_transfer,
    },
  }
}

function requireFinite(tensor: StoredTensor): void {
  const index = firstNotFinite(tensor)
  if (index >= 0)
    throw invalidCheckpoint(
      `${tensor.file}: expected finite values in tensor ${tensor.name}, got NaN or infinity at index ${index}.`,
      'The checkpoint is damaged or its training diverged; get it again.',
    )
}

/** Writes the graphs and their weights, and returns the manifest's entries. */
async function writeFiles(
  folder: string,
  draft: Draft,
  wrote: (name: string) => Promise<void>,
): Promise<Pick<Manifest, 'graphs' | 'weights'>> {
  await writeConstants(join(folder, WEIGHTS_FILE), draft.constants, wrote)
  const graph = async (name: 'encoder' | 'unet' | 'decoder'): Promise<ManifestFile> => {
    await writeFile(join(folder, `${name}.onnx`), draft[name])
    return describeFile(folder, `${name}.onnx`)
  }
  return {
    graphs: { encoder: await graph('encoder'), unet: await graph('unet'), decoder: await graph('decoder') },
    weights: [await describeFile(folder, WEIGHTS_FILE)],
  }
}

/** One constant in memory at a time. */
async function writeConstants(
  path: string,
  constants: readonly PlacedConstant[],
  wrote: (name: string) => Promise<void>,
): Promise<void> {
  const file = await open(path, 'w')
  try {
    let end = 0
    for (const { constant, offset } of constants) {
      await file.writeFile(new Uint8Array(offset - end))
      await file.writeFile(constant.bytes())
      end = offset + byteLength(constant)
      await wrote(constant.name)
    }
  } finally {
    await file.close()
  }
}

async function describeFile(folder: string, path: string): Promise<ManifestFile> {
  const file = join(folder, path)
  return { path, bytes: (await stat(file)).size, sha256: await digestFile(file) }
}

/** Counts steps, tells of each, and stops between two when asked to. */
function stepper(total: number, { signal, progress }: ImportOptions): (label: string) => Promise<void> {
  let done = 0
  return async (label) => {
    progress?.(++done, total, label)
    await breathe()
    if (signal?.aborted)
      throw new RestorationError('interrupted', 'The import was cancelled; nothing was written.', 'Start it again.')
  }
}
