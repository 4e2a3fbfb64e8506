import type { z } from 'zod'
import type { nodeOutputSchema } from '../../server/protocol/messages.ts'

/** A file in one of the host's folders. */
export type FileReference = NonNullable<z.infer<typeof nodeOutputSchema>['images']>[number]

const TOKEN_KEY = 'gendr.token'

/** Addresses of the host's routes, with the token that the page was opened with (`?token=…`), if any. */
export class Address {
  /** Where the page's own folder is. */
  readonly base: URL
  readonly token: string | null

  constructor(page: URL, storage: Storage) {
    this.base = new URL('.', page)
    const given = page.searchParams.get('token')
    if (given !== null) storage.setItem(TOKEN_KEY, given)
    this.token = storage.getItem(TOKEN_KEY)
  }

  of(path: string, query: Readonly<Record<string, string>> = {}): string {
    const url = new URL(path, this.base)
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    if (this.token !== null) url.searchParams.set('token', this.token)
    return url.href
  }

  socket(clientId: string): string {
    return this.of('ws', { clientId }).replace(/^http/, 'ws')
  }

  /** A picture that any browser shows, neither side longer than `size`; the size of the whole one is in a header. */
  reduced(file: FileReference, size = 1024): string {
    return this.of('view', { ...file, size: String(size) })
  }
}

/** ComfyUI's names of inputs: `folder/name.png`, and at its end perhaps ` [output]`. */
export function inputReference(name: string): FileReference {
  const annotation = / \[(input|output|temp)\]$/.exec(name)
  const path = annotation === null ? name : name.slice(0, annotation.index)
  const slash = path.lastIndexOf('/')
  return {
    filename: path.slice(slash + 1),
    subfolder: slash < 0 ? '' : path.slice(0, slash),
    type: (annotation?.[1] ?? 'input') as FileReference['type'],
  }
}

/** ComfyUI's name of a picture for LoadImage. */
export function inputName({ filename, subfolder, type }: FileReference): string {
  const path = subfolder === '' ? filename : `${subfolder}/${filename}`
  return type === 'input' ? path : `${path} [${type}]`
}
