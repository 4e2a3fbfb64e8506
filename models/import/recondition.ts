import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import onnxProto from 'onnx-proto'
import { z } from 'zod'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { stepCoefficients } from '../../nodes/sdk/one-step.ts'
import { filesOf, graphFiles, readModelFolder, verifyModelFolder } from '../installed/folder.ts'
import {
  type Manifest,
  type ManifestFile,
  manifestSchema,
  type RestorerManifest,
  restorerConstantsSchema,
} from '../installed/manifest.ts'
import { replaceFolder } from '../installed/replace-folder.ts'
import { foldingOf, isFolded, storedAs } from './asking.ts'
import { CONDITIONING_FILE } from './conditioning.ts'
import { KEPT_FILE } from './conditioning-weights.ts'
import type { Folded } from './folding.ts'
import { byteLength, type Constant, type PlacedConstant, placeAt } from './graph-builder.ts'
import { encoded, ONNX_TYPE } from './network.ts'
import { placing } from './placing.ts'
import { STEP } from './restorer.ts'
import { placeFile } from './source-file.ts'
import { layOut, writeDigested } from './written-file.ts'

/** What of a model can be changed without its checkpoint. */
export interface ConditionChanges {
  readonly timestep?: number | undefined
  /** The name of one of the model's prompts. */
  readonly prompt?: string | undefined
  readonly prediction?: string | undefined
  readonly alpha?: number | undefined
  readonly beta?: number | undefined
}

/**
 * Asks a model with another timestep or prompt, or reads its prediction in another way, from now on; returns its new
 * manifest. The folder changes as a whole or not at all, and only the constants that depend on the change are written.
 */
export async function recondition(directory: string, changes: ConditionChanges): Promise<RestorerManifest> {
  const model = await readModelFolder(directory)
  const manifest = apply(requireRestorer(model.manifest), changes)
  const isFolded = changes.timestep !== undefined || changes.prompt !== undefined
  if (isFolded) await verifyModelFolder(model)
  const refolded = await refold(directory, manifest, isFolded)

  let result = manifest
  await replaceFolder(directory, true, async (folder) => {
    const written = new Map<string, ManifestFile>()
    for (const [path, graph] of refolded.graphs) written.set(path, await writeDigested(folder, path, [graph]))
    if (isFolded) {
      const chunks = layOut(refolded.constants, async () => undefined)
      written.set(CONDITIONING_FILE, await writeDigested(folder, CONDITIONING_FILE, chunks))
    }
    const updated = async (file: ManifestFile): Promise<ManifestFile> => {
      const fresh = written.get(file.path)
      if (!fresh) await placeFile(join(directory, file.path), join(folder, file.path))
      return fresh ?? file
    }
    const fresh = new Map<string, ManifestFile>()
    for (const file of filesOf(manifest)) fresh.set(file.path, await updated(file))
    result = withFiles(manifest, (file) => fresh.get(file.path)!)
    await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(result, null, 2)}\n`)
  })
  return result
}

function requireRestorer(manifest: Manifest): RestorerManifest {
  if (manifest.kind !== 'upscaler') return manifest
  throw new RestorationError(
    'configuration_invalid',
    `Model '${manifest.name}' is an upscaler: it has no timestep, prompt or prediction.`,
    'Only one-step restorers have settings to change.',
  )
}

/** The manifest with another entry for each file. */
function withFiles(manifest: RestorerManifest, change: (file: ManifestFile) => ManifestFile): RestorerManifest {
  const all = (parts: object = {}) =>
    Object.fromEntries(Object.entries(parts).map(([part, file]) => [part, change(file)]))
  const variants = Object.entries(manifest.variants ?? {}).map(([provider, parts]) => [provider, all(parts)])
  const files = {
    graphs: all(manifest.graphs),
    ...(manifest.variants && { variants: Object.fromEntries(variants) }),
    weights: manifest.weights.map(change),
  }
  return manifestSchema.parse({ ...manifest, ...files }) as RestorerManifest
}

/** The manifest with the changes in it, checked. */
function apply(manifest: RestorerManifest, { prompt, ...constants }: ConditionChanges): RestorerManifest {
  const { conditioning } = manifest
  if (!conditioning && (prompt !== undefined || constants.timestep !== undefined))
    throw new RestorationError(
      'configuration_invalid',
      `Model '${manifest.name}': expected ${KEPT_FILE} to fold another timestep or prompt from, found none.`,
      'Import its checkpoint again; models of earlier versions were made without that file.',
    )
  if (prompt !== undefined && !conditioning?.prompts.includes(prompt))
    throw new RestorationError(
      'configuration_invalid',
      `Expected one of the prompts of model '${manifest.name}': ${conditioning?.prompts.join(', ')}, got ${prompt}.`,
      'Import the checkpoint again with --prompt NAME=FILE to add one.',
    )
  const known = prompt === undefined ? undefined : conditioning?.timesteps?.[prompt]
  const given = Object.fromEntries(
    Object.entries({ ...constants, timestep: constants.timestep ?? known }).filter(([, value]) => value !== undefined),
  )
  const result = changedSchema.safeParse({ ...manifest.constants, ...given }, { reportInput: true })
  if (!result.success)
    throw new RestorationError(
      'configuration_invalid',
      result.error.issues.map(({ path, message, input }) => `${path.join('.')}: ${message}, got ${input}.`).join(' '),
      'docs/models.md lists what every constant means.',
    )
  return {
    ...manifest,
    constants: { ...manifest.constants, ...result.data },
    ...(conditioning && { conditioning: asking(conditioning, prompt ?? conditioning.prompt, result.data.timestep) }),
  } as RestorerManifest
}

/** The same prompts, with another as the default, which is asked with this timestep from now on. */
function asking(conditioning: NonNullable<RestorerManifest['conditioning']>, prompt: string, timestep: number) {
  const { timesteps } = conditioning
  return { ...conditioning, prompt, ...(timesteps && { timesteps: { ...timesteps, [prompt]: timestep } }) }
}

const { alpha, beta, prediction } = restorerConstantsSchema.shape

/** What can be changed; the other constants are left out. */
const changedSchema = z.object({ alpha, beta, prediction, timestep: z.number().min(0) })

/** The graphs that the changes are in, and the constants of the conditioning file, when that is to be `folded` again. */
async function refold(
  directory: string,
  manifest: RestorerManifest,
  folded: boolean,
): Promise<{ readonly graphs: ReadonlyMap<string, Uint8Array>; readonly constants: readonly PlacedConstant[] }> {
  const { timestep } = manifest.constants
  const fold = folded ? foldingOf(directory, { ...manifest.conditioning!, timestep }) : undefined
  const place = placing()
  const placed = new Map<string, PlacedConstant>()
  const changed = new Map<string, Uint8Array>()
  for (const { path } of graphFiles(manifest)) {
    const model = onnxProto.onnx.ModelProto.decode(await readFile(join(directory, path)))
    const all = model.graph?.initializer ?? []
    const steps = changeStep(all, manifest)
    const initializers = fold ? all.filter(isFolded) : []
    for (const initializer of initializers) {
      const type = storedAs(initializer)
      const key = `${initializer.name}:${type}`
      if (!placed.has(key)) {
        const constant = toConstant(initializer.name!, type, fold!(initializer.name!))
        placed.set(key, { constant, offset: place(constant) })
      }
      const { constant, offset } = placed.get(key)!
      const home = placeAt({ location: CONDITIONING_FILE, offset }, byteLength(constant))
      Object.assign(initializer, { dims: [...constant.shape] }, home)
    }
    if (initializers.length > 0 || steps) changed.set(path, onnxProto.onnx.ModelProto.encode(model).finish())
  }
  return { graphs: changed, constants: [...placed.values()] }
}

/** Brings the one step of a fused graph up to date; whether there is one. */
function changeStep(initializers: onnxProto.onnx.ITensorProto[], { constants }: RestorerManifest): boolean {
  const coefficients = Object.entries(stepCoefficients(constants))
  let found = false
  for (const [key, value] of coefficients)
    for (const initializer of initializers)
      if (initializer.name === `${STEP}.${key}`) {
        initializer.rawData = new Uint8Array(Float32Array.of(value).buffer)
        found = true
      }
  return found
}

function toConstant(name: string, type: 'fp32' | 'fp16', { shape, values }: Folded): Constant {
  return { name, type: ONNX_TYPE[type], shape, chunks: () => encoded([values], type) }
}
