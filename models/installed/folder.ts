import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { digestFile, whyUnreadable } from './digest.ts'
import { type Manifest, type ManifestFile, manifestSchema, type VariantProvider } from './manifest.ts'

/** A model folder whose manifest is valid and whose files have the right size. */
export interface ModelFolder {
  readonly directory: string
  readonly manifest: Manifest
  /** Full paths of the ONNX graphs by part; their weights lie beside them. */
  readonly graphs: Readonly<Record<string, string>>
  /** The same of each provider's own graphs. */
  readonly variants: Readonly<Partial<Record<VariantProvider, Readonly<Record<string, string>>>>>
}

/** Reads and verifies a model folder: what to call before the first session is made. */
export async function openModelFolder(directory: string): Promise<ModelFolder> {
  const folder = await readModelFolder(directory)
  await verifyModelFolder(folder)
  return folder
}

/** Parses the manifest and checks that every file is there with its size; reads no weights. */
export async function readModelFolder(directory: string): Promise<ModelFolder> {
  const manifest = await parseModelManifest(directory)
  for (const file of filesOf(manifest)) {
    const bytes = await sizeOf(join(directory, file.path))
    if (bytes !== file.bytes)
      throw corrupt(
        join(directory, file.path),
        `${file.bytes} bytes`,
        bytes === undefined ? 'no file' : `${bytes} bytes`,
      )
  }
  const paths = (graphs: Graphs) =>
    Object.fromEntries(entriesOf(graphs).map(([part, { path }]) => [part, join(directory, path)]))
  const variants = Object.fromEntries(Object.entries(manifest.variants ?? {}).map(([who, own]) => [who, paths(own)]))
  return { directory, manifest, graphs: paths(manifest.graphs), variants }
}

/** Checks every file against its SHA-256. A file that this process has checked is read again only when it changed. */
export async function verifyModelFolder({ directory, manifest }: ModelFolder): Promise<void> {
  for (const { path, sha256 } of filesOf(manifest)) {
    const file = join(directory, path)
    const digest = await cachedDigest(file).catch((error: unknown) => {
      throw new RestorationError(
        'model_corrupt',
        `${file}: expected a file that can be read, got ${whyUnreadable(error)}.`,
        'Let the user that runs this read the files of the model.',
        { cause: error },
      )
    })
    if (digest !== sha256) throw corrupt(file, `SHA-256 ${sha256}`, digest)
  }
}

/** The manifest of a model folder; looks at no other file. @throws RestorationError `model_corrupt` */
export async function parseModelManifest(directory: string): Promise<Manifest> {
  return parseManifest(await readManifest(directory), directory)
}

/** Folders with a manifest under the roots, by name; where two share a name the earlier root wins. */
export async function listModels(roots: readonly string[]): Promise<{ name: string; directory: string }[]> {
  const found = new Map<string, string>()
  for (const root of roots)
    for (const entry of await foldersIn(root)) {
      const directory = join(root, entry)
      if (!entry.startsWith('.') && !found.has(entry) && (await sizeOf(join(directory, MANIFEST))) !== undefined)
        found.set(entry, directory)
    }
  return Array.from(found, ([name, directory]) => ({ name, directory })).sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The folder of the one model of this very name. @throws RestorationError `model_not_found`, naming those that there are */
export async function findModel(roots: readonly string[], name: string): Promise<string> {
  const models = await listModels(roots)
  const found = models.find((model) => model.name === name)
  if (found !== undefined) return found.directory
  throw new RestorationError(
    'model_not_found',
    `There is no model '${name}'.`,
    models.length === 0
      ? 'Import one: gendr import CHECKPOINT --name NAME.'
      : `Choose one of: ${models.map((model) => model.name).join(', ')}.`,
  )
}

const MANIFEST = 'manifest.json'

/** Path, size and time of change to digest. */
const digests = new Map<string, string>()

async function cachedDigest(path: string): Promise<string> {
  const { size, mtimeMs } = await stat(path)
  const key = `${path}\0${size}\0${mtimeMs}`
  const digest = digests.get(key) ?? (await digestFile(path))
  digests.set(key, digest)
  return digest
}

/** Every file that the manifest answers for. */
export function filesOf(manifest: Manifest): readonly ManifestFile[] {
  return [...graphFiles(manifest), ...manifest.weights]
}

/** Every ONNX graph, those of providers too. */
export function graphFiles({ graphs, variants = {} }: Manifest): readonly ManifestFile[] {
  return [graphs, ...Object.values(variants)].flatMap((parts: Graphs) => entriesOf(parts).map(([, file]) => file))
}

function entriesOf(graphs: Graphs): [string, ManifestFile][] {
  return Object.entries(graphs).flatMap(([part, file]) => (file ? [[part, file]] : []))
}

type Graphs = Readonly<Record<string, ManifestFile | undefined>>

async function readManifest(directory: string): Promise<string> {
  try {
    return await readFile(join(directory, MANIFEST), 'utf8')
  } catch (cause) {
    throw corrupt(join(directory, MANIFEST), 'a manifest', 'no file', cause)
  }
}

function parseManifest(text: string, directory: string): Manifest {
  const place = join(directory, MANIFEST)
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (cause) {
    throw corrupt(place, 'JSON', 'other text', cause)
  }
  const result = manifestSchema.safeParse(raw)
  if (!result.success) throw corrupt(place, 'a valid manifest', z.prettifyError(result.error), result.error)
  return result.data
}

async function sizeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() ? found.size : undefined
}

async function foldersIn(root: string): Promise<readonly string[]> {
  return readdir(root).catch(() => [])
}

function corrupt(place: string, expected: string, actual: string, cause?: unknown): RestorationError {
  return new RestorationError(
    'model_corrupt',
    `${place}: expected ${expected}, got ${actual}.`,
    'Import the model again, or restore the folder from where it came.',
    { cause },
  )
}
