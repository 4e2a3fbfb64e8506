import { STRINGS } from '../strings.ts'
import { type FileReference, inputReference } from './address.ts'
import type { Host } from './host.ts'
import { pictureKey } from './pictures.ts'

/** Everything that can be looked at: what runs made, the newest first, and what can be loaded. */
export async function knownPictures(
  host: Host,
): Promise<readonly { readonly title: string; readonly files: readonly FileReference[] }[]> {
  const [{ runs }, inputs] = await Promise.all([host.pastRuns(), host.inputs()])
  const results = new Map(runs.flatMap(({ pictures }) => pictures).map((file) => [pictureKey(file), file]))
  return [
    { title: STRINGS.picker.results, files: [...results.values()] },
    { title: STRINGS.picker.inputs, files: inputs.map(inputReference) },
  ]
}
