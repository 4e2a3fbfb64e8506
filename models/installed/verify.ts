import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { digestFile, whyUnreadable } from './digest.ts'
import { filesOf, parseModelManifest } from './folder.ts'
import type { Manifest } from './manifest.ts'

/** What is wrong with one file of a model. */
export interface Damage {
  readonly file: string
  /** A sentence: what was expected and what is there. */
  readonly problem: string
}

/** Compares every file of a model folder with its manifest, size first, then SHA-256; reads everything, trusts no cache. */
export async function findDamage(directory: string): Promise<readonly Damage[]> {
  let manifest: Manifest
  try {
    manifest = await parseModelManifest(directory)
  } catch (error) {
    if (!(error instanceof RestorationError)) throw error
    return [{ file: 'manifest.json', problem: error.message.replace(`${directory}/manifest.json: `, '') }]
  }
  const damage: Damage[] = []
  for (const { path, bytes, sha256 } of filesOf(manifest)) {
    const problem = await problemOf(join(directory, path), bytes, sha256)
    if (problem !== undefined) damage.push({ file: path, problem })
  }
  return damage
}

async function problemOf(path: string, bytes: number, sha256: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) return `expected ${bytes} bytes, got no file.`
  if (found.size !== bytes) return `expected ${bytes} bytes, got ${found.size}.`
  let digest: string
  try {
    digest = await digestFile(path)
  } catch (error) {
    return `expected a file that can be read, got ${whyUnreadable(error)}.`
  }
  return digest === sha256 ? undefined : `expected SHA-256 ${sha256}, got ${digest}.`
}
