import { stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { nameOfFile } from '../../nodes/sdk/model-name.ts'
import type { Manifest } from '../installed/manifest.ts'
import { requireTarget, tidyFolders } from '../installed/replace-folder.ts'
import { readAbout } from './about.ts'
import { invalidCheckpoint } from './failure.ts'
import type { ModelDraft } from './model-draft.ts'
import { draftRestorer, type RestorerOptions } from './restorer.ts'
import { draftUpscaler, isForeign, openUpscaler, type UpscalerOptions } from './upscale/upscaler.ts'
import type { Weights } from './weights.ts'
import { countSteps, writeModel } from './write-model.ts'

/** What can be imported: a folder in the Diffusers layout, or an upscaler's file. */
export interface SourceOptions extends RestorerOptions, UpscalerOptions {
  /** The checkpoint: a folder in the Diffusers layout, or a .safetensors, .pth or .onnx file of an upscaler. */
  readonly source: string
}

export interface ImportOptions extends SourceOptions {
  /** The model folder to make. */
  readonly output: string
  /** Replace a model that is already there. @default false */
  readonly overwrite?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  /** Called after each tensor that was checked or written. */
  readonly progress?: ((done: number, total: number, label: string) => void) | undefined
  /** Told where the constants of a restorer's step come from. */
  readonly tell?: ((message: string) => void) | undefined
  /** Told what is odd but harmless, such as tensors that no layer uses, and what was assumed. */
  readonly warn?: ((message: string) => void) | undefined
}

/**
 * Turns a checkpoint into a model folder and returns its manifest. Nothing is written before every tensor has been found
 * and checked; the folder appears complete or not at all. Weights that the graphs can use as they lie in the checkpoint's
 * files stay there: the files are linked into the folder, or copied where they cannot be.
 */
export async function importCheckpoint(options: ImportOptions): Promise<Manifest> {
  const { overwrite = false } = options
  const output = resolve(options.output)
  await tidyFolders(dirname(output))
  await requireTarget(output, overwrite)
  const draft = await draftModel(options)
  // An upscaler with tensors that are not used, and not known to be harmless, has been refused.
  if (draft.description.kind !== 'upscaler') warnOfUnused(draft.sources, options)
  for (const doubt of draft.doubts ?? []) options.warn?.(doubt)
  if (draft.origin !== undefined) options.tell?.(draft.origin)
  return writeModel(draft, output, overwrite, stepper(countSteps(draft), options))
}

/** What an import would make. */
export async function draftModel(options: SourceOptions): Promise<ModelDraft> {
  const { source } = options
  return (await sourceKind(source)) === 'restorer' ? draftRestorer(source, options) : draftUpscaler(source, options)
}

/** What something to import is: a restorer's folder, or a file with an upscaler's tensors or an ONNX graph. */
export type SourceKind = 'restorer' | 'upscaler' | 'graph'

/** @throws RestorationError where there is nothing, or tensors that are known to be something else */
export async function sourceKind(source: string): Promise<SourceKind> {
  const found = await stat(source).catch(() => undefined)
  if (found === undefined) throw invalidCheckpoint(`${source}: expected a checkpoint, found nothing.`)
  if (found.isDirectory()) return 'restorer'
  if (isForeign(source)) return 'graph'
  openUpscaler(source)
  return 'upscaler'
}

/** The name that something to import brings along: what a folder's gendr.json says, or a file's own. */
export function ownNameOf(source: string, kind: SourceKind): string | undefined {
  return kind === 'restorer' ? readAbout(join(source, 'gendr.json')).name : nameOfFile(source)
}

function warnOfUnused(sources: readonly Weights[], { warn }: ImportOptions): void {
  for (const { place, unused } of sources)
    if (unused.length > 0) warn?.(`${place}: ${unused.length} tensors are not used, the first is ${unused[0]}`)
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
