import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { ManifestFile } from '../installed/manifest.ts'
import type { Constant } from './graph-builder.ts'

/** Writes a file of a model folder and returns its entry in the manifest. */
export async function writeDigested(
  folder: string,
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<ManifestFile> {
  const hash = createHash('sha256')
  let bytes = 0
  const file = await open(join(folder, path), 'w')
  try {
    for await (const chunk of chunks) {
      hash.update(chunk)
      bytes += chunk.length
      await file.writeFile(chunk)
    }
  } finally {
    await file.close()
  }
  return { path, bytes, sha256: hash.digest('hex') }
}

/** Constants at their offsets, which must ascend; `wrote` is called after each. */
export async function* layOut(
  constants: Iterable<{ readonly constant: Constant; readonly offset: number }>,
  wrote: (name: string) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  let end = 0
  for (const { constant, offset } of constants) {
    yield new Uint8Array(offset - end)
    end = offset
    for (const chunk of constant.chunks()) {
      yield chunk
      end += chunk.length
    }
    await wrote(constant.name)
  }
}
