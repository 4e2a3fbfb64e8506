import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packageRoot } from '../package-root.ts'

/** What results are computed by, beside this folder. */
const FOLDERS = ['../../nodes', '../../models/import', '../../models/installed', '../inference', '.']

/**
 * What results depend on besides their graph: the code that computes them, the libraries that it uses, and what else is
 * given, such as the device. Hexadecimal.
 */
export async function codeVersion(more: unknown): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(more))
  hash.update(await readFile(join(packageRoot(), 'package.json')))
  for (const folder of FOLDERS) {
    const root = fileURLToPath(new URL(folder, import.meta.url))
    const entries = await readdir(root, { recursive: true, withFileTypes: true })
    const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
    for (const path of paths.sort()) hash.update(path.slice(root.length)).update(await readFile(path))
  }
  return hash.digest('hex')
}
