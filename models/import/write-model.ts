import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestFile } from '../installed/digest.ts'
import { type Manifest, type ManifestFile, manifestSchema } from '../installed/manifest.ts'
import { replaceFolder } from '../installed/replace-folder.ts'
import { CONDITIONING_FILE } from './conditioning.ts'
import { KEPT_FILE } from './conditioning-weights.ts'
import { WEIGHTS_FILE } from './drafting.ts'
import type { ModelDraft, Parts } from './model-draft.ts'
import { inspectFile, placeFile } from './source-file.ts'
import type { StoredTensor } from './stored-tensor.ts'
import { layOut, writeDigested } from './written-file.ts'

/** Told of each tensor that was checked or written; may throw to stop. */
export type Step = (label: string) => Promise<void>

/** How many steps writing a draft takes. */
export function countSteps({ sources, written, conditioning }: ModelDraft): number {
  const tensors = sources.reduce((sum, { taken }) => sum + taken.length, 0)
  return tensors + written.constants.length + (conditioning?.constants.constants.length ?? 0)
}

/** Checks every tensor, then writes the model folder, which appears complete or not at all. */
export async function writeModel(draft: ModelDraft, output: string, overwrite: boolean, step: Step): Promise<Manifest> {
  const linked = await inspect(draft, ({ name }) => step(`checked ${name}`))
  let manifest: Manifest | undefined
  await replaceFolder(output, overwrite, async (folder) => {
    for (const [name, file] of draft.written.links) await placeFile(file, join(folder, name))
    const weights = [...linked, ...(await writeWeights(folder, draft, (name) => step(`wrote ${name}`)))]
    manifest = manifestSchema.parse({
      ...draft.description,
      ...(await writeGraphs(folder, draft)),
      weights,
      precision: draft.written.precision,
      parameters: draft.parameters,
    })
    await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  })
  return manifest!
}

/** Checks every tensor that was taken, and returns the manifest's entries of the files that the graphs refer to. */
async function inspect(
  { sources, written: { links } }: ModelDraft,
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
  for (const [path, file] of links)
    if (!tensors.has(file)) entries.push({ path, bytes: (await stat(file)).size, sha256: await digestFile(file) })
  return entries
}

/** What does not lie in the checkpoint's files. */
async function writeWeights(
  folder: string,
  { written: { constants }, conditioning }: ModelDraft,
  wrote: (name: string) => Promise<void>,
): Promise<readonly ManifestFile[]> {
  const files = constants.length > 0 ? [await writeDigested(folder, WEIGHTS_FILE, layOut(constants, wrote))] : []
  if (!conditioning) return files
  const folded = conditioning.constants.constants.map((constant) => ({ constant, offset: constant.home!.offset }))
  return [
    ...files,
    await writeDigested(folder, CONDITIONING_FILE, layOut(folded, wrote)),
    await writeDigested(folder, KEPT_FILE, conditioning.kept()),
  ]
}

async function writeGraphs(folder: string, { graphs: { base, variants } }: ModelDraft) {
  const write = async (parts: Parts, suffix = '') => {
    const written: Record<string, ManifestFile> = {}
    for (const [part, graph] of Object.entries(parts))
      written[part] = await writeDigested(folder, `${part}${suffix}.onnx`, [graph])
    return written
  }
  const own: Record<string, Record<string, ManifestFile>> = {}
  for (const [provider, parts] of Object.entries(variants)) own[provider] = await write(parts, `.${provider}`)
  return { graphs: await write(base), ...(Object.keys(own).length > 0 && { variants: own }) }
}
