import { writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import { z } from 'zod'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { type Additions, type Checkpoint, openCheckpoint } from './checkpoint.ts'
import { CONDITIONING_FILE } from './conditioning.ts'
import { conditioningWeights, KEPT_FILE } from './conditioning-weights.ts'
import { type Draft, type DraftOptions, draftModel, WEIGHTS_FILE } from './draft.ts'
import { invalidCheckpoint } from './failure.ts'
import { type Manifest, type ManifestFile, manifestSchema } from './manifest.ts'
import { choosePrompt } from './prompts.ts'
import { inspectFile, placeFile } from './source-file.ts'
import type { StoredTensor } from './stored-tensor.ts'
import { replaceFolder, requireTarget, tidyFolders } from './target.ts'
import type { Weights } from './weights.ts'
import { layOut, writeDigested } from './written-file.ts'

export interface ImportOptions extends Additions, Omit<DraftOptions, 'timestep' | 'prompt'> {
  /** The checkpoint: a folder in the Diffusers layout. */
  readonly directory: string
  /** The model folder to make. */
  readonly output: string
  /** @default what gendr.json says */
  readonly name?: string | undefined
  /** The one timestep that the UNet is asked with. @default what gendr.json says */
  readonly timestep?: number | undefined
  /** The name of the prompt that the UNet is asked with. @default what gendr.json says, else the only one or `default` */
  readonly prompt?: string | undefined
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
 * been found and checked; the folder appears complete or not at all. Weights that the graphs can use as they lie in the
 * checkpoint's files stay there: the files are linked into the folder, or copied where they cannot be.
 */
export async function importCheckpoint(options: ImportOptions): Promise<Manifest> {
  const output = resolve(options.output)
  await tidyFolders(dirname(output))
  await requireTarget(output, options.overwrite ?? false)
  const checkpoint = openCheckpoint(options.directory, options)
  const { sources, about, prompts } = checkpoint
  const identity = identify(checkpoint, options)
  const { name: promptName, prompt } = choosePrompt(prompts, options.prompt ?? about.prompt)
  const draft = draftModel(checkpoint, { ...options, timestep: identity.timestep, prompt })
  const { constants, conditioning } = draft

  const tensors = sources.flatMap(({ taken }) => taken)
  const step = stepper(tensors.length + constants.length + conditioning.constants.length, options)
  const linked = await inspect(sources, draft, ({ name }) => step(`checked ${name}`))
  for (const { place, unused } of sources)
    if (unused.length > 0) options.warn?.(`${place}: ${unused.length} tensors are not used, the first is ${unused[0]}`)

  const parameters = [checkpoint.unet, checkpoint.vae].reduce((sum, { weights }) => sum + weights.parameters, 0)
  let manifest: Manifest | undefined
  await replaceFolder(output, async (folder) => {
    for (const [name, file] of draft.links) await placeFile(file, join(folder, name))
    const kept = conditioningWeights(conditioning.sources, prompts.all)
    const written = await writeFiles(folder, draft, kept, (name) => step(`wrote ${name}`))
    manifest = manifestSchema.parse({
      ...describe(checkpoint, identity),
      graphs: written.graphs,
      weights: [...linked, ...written.weights],
      precision: draft.precision,
      parameters,
      conditioning: {
        prompts: [...prompts.all.keys()],
        prompt: promptName,
        flipSinToCos: checkpoint.unet.config.flip_sin_to_cos,
        freqShift: checkpoint.unet.config.freq_shift,
      },
      ...(options.loras?.length && {
        loras: options.loras.map(({ path, scale }) => ({ file: basename(path), scale })),
      }),
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
    kind: 'gendr-latent' as const,
    version: 1 as const,
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

/** Checks every tensor that was taken, and returns the manifest's entries of the files that the graphs refer to. */
async function inspect(
  sources: readonly Weights[],
  { links }: Draft,
  checked: (tensor: StoredTensor) => Promise<void>,
): Promise<readonly ManifestFile[]> {
  const tensors = new Map<string, StoredTensor[]>()
  for (const tensor of sources.flatMap(({ taken }) => taken))
    tensors.set(tensor.file, [...(tensors.get(tensor.file) ?? []), tensor])
  const names = new Map(Array.from(links, ([name, file]) => [file, name]))
  const entries: ManifestFile[] = []
  for (const [file, own] of tensors) {
    const path = names.get(file)
    const found = await inspectFile(file, own, path !== undefined, checked)
    if (path !== undefined && found) entries.push({ path, ...found })
  }
  return entries
}

/** Writes the graphs and what does not lie in the checkpoint's files, and returns the manifest's entries. */
async function writeFiles(
  folder: string,
  draft: Draft,
  kept: Iterable<Uint8Array>,
  wrote: (name: string) => Promise<void>,
): Promise<Pick<Manifest, 'graphs' | 'weights'>> {
  const graph = (name: 'encoder' | 'unet' | 'decoder') => writeDigested(folder, `${name}.onnx`, [draft[name]])
  const folded = draft.conditioning.constants.map((constant) => ({ constant, offset: constant.home!.offset }))
  const weights = [
    ...(draft.constants.length > 0 ? [await writeDigested(folder, WEIGHTS_FILE, layOut(draft.constants, wrote))] : []),
    await writeDigested(folder, CONDITIONING_FILE, layOut(folded, wrote)),
    await writeDigested(folder, KEPT_FILE, kept),
  ]
  return {
    graphs: { encoder: await graph('encoder'), unet: await graph('unet'), decoder: await graph('decoder') },
    weights,
  }
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
