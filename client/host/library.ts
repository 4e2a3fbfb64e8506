import { z } from 'zod'
import { NO_ANSWER } from '../sdk/errors.ts'
import type { Address } from './address.ts'
import { HostError } from './host.ts'

/** A workflow that the host keeps. */
export interface LibraryEntry {
  /** Below the library, with folders and without `.json`. */
  readonly path: string
  /** Milliseconds since 1970. */
  readonly modified: number
}

/** Where ComfyUI's frontend keeps workflows too; what is only ours lies elsewhere, out of its lists. */
const WORKFLOWS = 'workflows'
const VERSIONS = 'gendr/versions'
const THUMBNAILS = 'gendr/thumbnails'
/** Earlier states of one workflow that are kept. */
const MOST_VERSIONS = 20

const CHOOSE_ANOTHER = 'Choose another name.'

const filesSchema = z.array(z.looseObject({ path: z.string(), modified: z.number() }))

/** Workflows on the host, over its files for users: the same that ComfyUI's frontend lists. */
export class Library {
  readonly #address: Address

  constructor(address: Address) {
    this.#address = address
  }

  /** All workflows, by path. */
  async list(): Promise<readonly LibraryEntry[]> {
    return (await this.#files(WORKFLOWS))
      .filter(({ path }) => path.endsWith('.json'))
      .map(({ path, modified }) => ({ path: path.slice(0, -'.json'.length), modified }))
  }

  open(path: string): Promise<string> {
    return this.#read(`${WORKFLOWS}/${path}.json`)
  }

  /** Keeps a workflow; what was there under this path becomes an earlier version of it. */
  async save(path: string, text: string, thumbnail?: Blob): Promise<void> {
    const file = `${WORKFLOWS}/${path}.json`
    const before = await this.#read(file).catch(() => undefined)
    if (before !== undefined && before !== text) await this.#keepVersion(path, before)
    await this.#write(file, text)
    if (thumbnail !== undefined) await this.#write(`${THUMBNAILS}/${path}.webp`, thumbnail)
  }

  /** Earlier states, the newest first; `modified` is when a state was replaced. */
  async versions(path: string): Promise<readonly LibraryEntry[]> {
    const files = await this.#files(`${VERSIONS}/${path}`)
    return files
      .map(({ path: name }) => ({ path: name, modified: Number(/^(\d+)\.json$/.exec(name)?.[1] ?? 0) }))
      .filter(({ modified }) => modified > 0)
      .sort((a, b) => b.modified - a.modified)
  }

  openVersion(path: string, version: LibraryEntry): Promise<string> {
    return this.#read(`${VERSIONS}/${path}/${version.path}`)
  }

  /** Its picture and earlier versions go along. @throws HostError where another workflow has the new path */
  async move(from: string, to: string): Promise<void> {
    const response = await this.#move(`${WORKFLOWS}/${from}.json`, `${WORKFLOWS}/${to}.json`, false)
    if (response.status === 409) throw taken(to, CHOOSE_ANOTHER)
    await this.#check(response, to)
    await this.#move(`${THUMBNAILS}/${from}.webp`, `${THUMBNAILS}/${to}.webp`, true)
    for (const { path } of await this.versions(from)) {
      await this.#move(`${VERSIONS}/${from}/${path}`, `${VERSIONS}/${to}/${path}`, true)
    }
  }

  /** What is removed stays among the versions of its path. @returns what it was */
  async remove(path: string): Promise<string> {
    const text = await this.open(path)
    await this.#keepVersion(path, text)
    const response = await this.#fetch(this.#pathOf(`${WORKFLOWS}/${path}.json`), { method: 'DELETE' })
    await this.#check(response, path)
    return text
  }

  /** Keeps again what was removed. @throws HostError where another workflow has its path meanwhile */
  async putBack(path: string, text: string): Promise<void> {
    const response = await this.#post(`${WORKFLOWS}/${path}.json`, text, false)
    if (response.status === 409) throw taken(path, 'What was removed is one of its earlier versions.')
    await this.#check(response, path)
  }

  /** What the workflow looked like when it was saved; undefined where it was saved elsewhere. */
  async thumbnail(path: string): Promise<Blob | undefined> {
    const response = await this.#fetch(this.#pathOf(`${THUMBNAILS}/${path}.webp`))
    return response.ok ? new Blob([await response.arrayBuffer()], { type: 'image/webp' }) : undefined
  }

  async #keepVersion(path: string, text: string): Promise<void> {
    await this.#write(`${VERSIONS}/${path}/${Date.now()}.json`, text)
    for (const { path: old } of (await this.versions(path)).slice(MOST_VERSIONS)) {
      await this.#fetch(this.#pathOf(`${VERSIONS}/${path}/${old}`), { method: 'DELETE' })
    }
  }

  async #files(folder: string): Promise<z.infer<typeof filesSchema>> {
    const query = new URLSearchParams({ dir: folder, recurse: 'true', full_info: 'true', split: 'false' })
    const response = await this.#fetch(`userdata?${query}`)
    // A folder that nothing was saved in does not exist.
    return response.ok ? filesSchema.parse(await response.json()) : []
  }

  async #read(path: string): Promise<string> {
    const response = await this.#fetch(this.#pathOf(path))
    await this.#check(response, path)
    return response.text()
  }

  async #write(path: string, content: string | Blob): Promise<void> {
    await this.#check(await this.#post(path, content, true), path)
  }

  #post(path: string, content: string | Blob, overwrite: boolean): Promise<Response> {
    return this.#fetch(`${this.#pathOf(path)}?overwrite=${overwrite}`, { method: 'POST', body: content })
  }

  #move(from: string, to: string, overwrite: boolean): Promise<Response> {
    const route = `${this.#pathOf(from)}/move/${encodeURIComponent(to)}`
    return this.#fetch(`${route}?overwrite=${overwrite}`, { method: 'POST' })
  }

  /** One segment, its slashes escaped. */
  #pathOf(path: string): string {
    return `userdata/${encodeURIComponent(path)}`
  }

  async #check(response: Response, name: string): Promise<void> {
    if (response.ok) return
    throw new HostError(response.status, `‘${name}’ could not be read or written (${response.status}).`, {
      remedy: CHOOSE_ANOTHER,
    })
  }

  async #fetch(path: string, init?: RequestInit): Promise<Response> {
    const [route = '', query] = path.split('?')
    const address = this.#address.of(route, Object.fromEntries(new URLSearchParams(query)))
    try {
      return await fetch(address, init)
    } catch (cause) {
      throw new HostError(0, NO_ANSWER, { remedy: 'See whether it still runs.', cause })
    }
  }
}

function taken(path: string, remedy: string): HostError {
  return new HostError(409, `There is a workflow called ‘${path}’.`, { remedy })
}

/** What a workflow is called outside its folder. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** A name that a person typed as a path of the library; undefined where nothing is left of it. */
export function libraryPath(name: string): string | undefined {
  const parts = name
    .replace(/\.json$/i, '')
    .split('/')
    .map((part) => part.replaceAll(/[\\:*?"<>|\p{Cc}]/gu, '').replace(/^[\s.]+|[\s.]+$/g, ''))
    .filter((part) => part !== '')
  return parts.length === 0 ? undefined : parts.join('/')
}
