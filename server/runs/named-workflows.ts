import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { messageOf } from '../message-of.ts'
import type { UserFiles } from '../storage/user-files.ts'

/** Where the editor saves workflows, among what clients keep. */
const SAVED = 'workflows'

/** Names that an error lists. */
const MOST_NAMED = 30

/** Gives the graph of a workflow by its name. @throws RestorationError `workflow_not_found`, `workflow_invalid` */
export type ReadWorkflow = (name: string) => Promise<unknown>

/**
 * Workflows by their names, with `.json` or without: those that were saved, which may have folders, and those that are shipped; of
 * the same name the saved one.
 * @param shipped the folder of the shipped ones
 */
export function namedWorkflows(shipped: string, saved: Pick<UserFiles, 'read' | 'list'>): ReadWorkflow {
  return async (asked) => {
    const name = asked.replace(/\.json$/, '')
    const bytes = (await readSaved(saved, name)) ?? (await readShipped(shipped, name))
    if (bytes === undefined) throw await unknown(name, shipped, saved)
    try {
      return JSON.parse(Buffer.from(bytes).toString('utf8'))
    } catch (error) {
      const message = `The workflow '${name}' is not JSON: ${messageOf(error)}.`
      throw new RestorationError('workflow_invalid', message, 'Save it again, or name another.', { cause: error })
    }
  }
}

async function readSaved(saved: Pick<UserFiles, 'read'>, name: string): Promise<Uint8Array | undefined> {
  return saved.read(`${SAVED}/${name}.json`).catch((error) => {
    // Also of a name that leads out of the folder there is no workflow.
    if (error instanceof RestorationError) return undefined
    throw error
  })
}

/** Only names that the folder lists are opened: no path can come from the request. */
async function readShipped(folder: string, name: string): Promise<Uint8Array | undefined> {
  return (await templateNames(folder)).includes(name) ? readFile(join(folder, `${name}.json`)) : undefined
}

async function unknown(name: string, shipped: string, saved: Pick<UserFiles, 'list'>): Promise<RestorationError> {
  const files = await saved.list(SAVED, true).catch(() => [])
  const own = files.filter(({ path }) => path.endsWith('.json')).map(({ path }) => path.slice(0, -'.json'.length))
  const names = [...new Set([...(await templateNames(shipped)), ...own])].slice(0, MOST_NAMED)
  const message = `There is no workflow '${name.slice(0, 200)}'.`
  return new RestorationError('workflow_not_found', message, `Name one of: ${names.join(', ')}; or give a graph.`)
}

/** The names of the shipped workflows. */
export async function templateNames(folder: string): Promise<string[]> {
  const files = await readdir(folder).catch(() => [])
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort()
}
