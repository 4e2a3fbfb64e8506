import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { filesOf, findModel, listModels, type ModelFolder, openModelFolder } from '../../models/installed/folder.ts'
import { findIqaModel } from '../../models/installed/iqa-models.ts'
import type { Manifest, RestorerManifest, UpscalerManifest } from '../../models/installed/manifest.ts'
import { type Asked, DEFAULT_SETTING, type Question, type Setting, settingOf } from '../../models/installed/setting.ts'
import type { ModelPart, Models } from '../../nodes/sdk/context.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { installedAs } from '../../nodes/sdk/model-name.ts'
import type { GendrManifest, GendrModel, IqaModel, UpscaleModel } from '../../nodes/sdk/values.ts'
import type { GraphReference } from '../inference/messages.ts'

/** What a handle stands for. */
interface Opened {
  readonly folder: ModelFolder
  readonly asked?: Asked | undefined
}

/** The models that are installed, by folder name. */
export class ModelStore implements Models {
  readonly #roots: readonly string[]
  readonly #opened = new WeakMap<GendrModel | UpscaleModel, Opened>()
  readonly #iqa = new WeakMap<IqaModel, GraphReference>()

  constructor(roots: readonly string[]) {
    this.#roots = roots
  }

  async open(name: string, setting: string): Promise<GendrModel> {
    const folder = await this.#open(name)
    const { manifest } = folder
    if (manifest.kind === 'upscaler') throw wrongKind(name, 'an upscaler', 'Load it with Load Upscale Model.')
    const { grain, ...question } = chooseSetting(name, manifest, setting)
    const isFused = 'fused' in manifest.graphs
    const model = handle({ name, manifest: toGendrManifest(manifest), isFused, grain })
    this.#opened.set(model, { folder, asked: asked(manifest, question) })
    return model
  }

  /** @param named the model or its file: what comes by a link was not there to be looked up when the graph was checked */
  async openUpscaler(named: string): Promise<UpscaleModel> {
    const installed = (await listModels(this.#roots)).map((model) => model.name)
    const name = installedAs(named, installed) ?? named
    const folder = await this.#open(name)
    const { manifest } = folder
    if (manifest.kind !== 'upscaler') throw wrongKind(name, 'a one-step restorer', 'Load it with Load GenDR Model.')
    const model = handle(toUpscaleModel(name, manifest))
    this.#opened.set(model, { folder })
    return model
  }

  async fingerprint(name: string): Promise<string> {
    const manifest = await readFile(join(await findModel(this.#roots, name), 'manifest.json'))
    return createHash('sha256').update(manifest).digest('hex')
  }

  async openIqa(name: string): Promise<IqaModel> {
    const path = await findIqaModel(this.#roots, name)
    const [{ size }, version] = await Promise.all([stat(path), versionOf(path)])
    const model: IqaModel = handle({ name })
    const remedy = 'Choose crops of a smaller size if memory ran out, or another fit; otherwise bring the file again.'
    this.#iqa.set(model, { label: `IQA network '${name}'`, path, bytes: size, version, remedy })
    return model
  }

  async fingerprintIqa(name: string): Promise<string> {
    return versionOf(await findIqaModel(this.#roots, name))
  }

  /** The graph of an IQA network that this store opened. */
  iqaGraph(model: IqaModel): GraphReference {
    const graph = this.#iqa.get(model)
    if (graph === undefined) throw new Error(`IQA network ${model.name} was opened elsewhere`)
    return graph
  }

  /** The graph of one part of a model that this store opened. */
  graph(model: GendrModel | UpscaleModel, part: ModelPart): GraphReference {
    const { folder, asked } = this.#opened.get(model) ?? {}
    const path = folder?.graphs[part]
    if (folder === undefined || path === undefined) throw new Error(`model ${model.name} was opened elsewhere`)
    const { cpu, cuda } = folder.variants
    const weights = folder.manifest.weights.reduce((sum, file) => sum + file.bytes, 0)
    return {
      label: `${part} of model '${model.name}'`,
      path,
      own: { cpu: cpu?.[part], cuda: cuda?.[part] },
      asked: part === 'unet' || part === 'fused' ? asked : undefined,
      version: contentOf(folder.manifest),
      bytes: Math.ceil(weights * SHARES[part]),
      // An upscaler is hardly more than convolutions, which all cores compute together, and holds their results at its result's size.
      shares: folder.manifest.kind !== 'upscaler',
    }
  }

  async #open(name: string): Promise<ModelFolder> {
    const directory = await findModel(this.#roots, name)
    return openModelFolder(directory).catch((error: unknown) => {
      throw withoutPath(error, name, directory)
    })
  }
}

/** About how much of a model's weights each part holds. */
const SHARES: Readonly<Record<ModelPart, number>> = {
  encoder: 1 / 3,
  unet: 1 / 3,
  decoder: 1 / 3,
  fused: 1,
  measures: 0.001,
  gates: 0.001,
  transfer: 0.001,
  transferAll: 0.001,
  upscaler: 1,
}

/** What tells a model from one that was imported in its place: the names of its files stay the same. */
function contentOf(manifest: Manifest): string {
  const hash = createHash('sha256')
  for (const { sha256 } of filesOf(manifest)) hash.update(sha256)
  return hash.digest('hex')
}

async function versionOf(path: string): Promise<string> {
  const { mtimeMs, size } = await stat(path)
  return `${size}:${mtimeMs}`
}

function chooseSetting(name: string, manifest: RestorerManifest, wanted: string): Setting {
  const setting = settingOf(manifest, wanted)
  if (setting) return setting
  throw new RestorationError(
    'invalid_input',
    `Model '${name}' has no setting '${wanted}'.`,
    `Choose ${[DEFAULT_SETTING, ...(manifest.conditioning?.prompts ?? [])].join(', ')}.`,
  )
}

/** What the graphs must be asked with, where that is not what is folded into them. */
function asked({ conditioning, constants }: RestorerManifest, question: Question): Asked | undefined {
  const isFolded = question.timestep === constants.timestep && question.prompt === conditioning?.prompt
  return isFolded || !conditioning ? undefined : { ...conditioning, ...question }
}

/** What is open here means nothing elsewhere, so that it is no plain data, which is kept on disk. */
class Handle {}

function handle<Model extends object>(model: Model): Model {
  return Object.assign(new Handle(), model)
}

/** The manifest's constants as nodes see them. */
function toGendrManifest({ kind, constants }: RestorerManifest): GendrManifest {
  const { timestep: _, ...known } = constants
  return { kind, ...known } as GendrManifest
}

function toUpscaleModel(name: string, { constants }: UpscalerManifest): UpscaleModel {
  const { architecture: _, ...known } = constants
  return { name, ...known }
}

function wrongKind(name: string, what: string, remedy: string): RestorationError {
  return new RestorationError('invalid_input', `Model '${name}' is ${what}.`, remedy)
}

/** Clients learn the model and the file, not where they lie. */
function withoutPath(error: unknown, name: string, directory: string): unknown {
  if (!(error instanceof RestorationError)) return error
  const message = error.message.replaceAll(directory, `model '${name}'`)
  return new RestorationError(error.code, message, error.remedy, { cause: error })
}
