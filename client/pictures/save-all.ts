import { numbered } from '../../nodes/sdk/file-name.ts'
import { download } from '../browser/snapshot.ts'
import type { FileReference } from '../host/address.ts'
import type { NamedFile } from '../host/results.ts'
import { STRINGS } from '../strings.ts'

/** How many files were saved, and the names of those that the host has not any more. */
export interface Saved {
  readonly saved: number
  readonly gone: readonly string[]
}

declare global {
  interface Window {
    /** Not in all browsers, and on secure pages alone (File System Access). */
    showDirectoryPicker?(options: { readonly mode: 'readwrite' }): Promise<FileSystemDirectoryHandle>
  }
}

/**
 * Saves files, each as it comes, into a folder that the person chooses before; where the browser lets no page do that, each
 * as a download.
 * @param address where a file is had from
 * @returns undefined where no folder was chosen
 * @throws Error where the host does not answer or a file cannot be written, which ends it
 */
export async function saveAll(
  files: AsyncIterable<NamedFile>,
  address: (file: FileReference) => string,
): Promise<Saved | undefined> {
  const save = await chooseSaving()
  if (save === undefined) return undefined
  const gone: string[] = []
  let saved = 0
  for await (const { file, name } of files) {
    try {
      const found = await content(address(file))
      if (found === undefined) gone.push(name)
      else {
        await save(name, found)
        saved += 1
      }
    } catch (error) {
      const reason = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
      throw new Error(STRINGS.gallery.notSaved(name, saved, reason), { cause: error })
    }
  }
  return { saved, gone }
}

/** How one file is saved; undefined where the person chose no folder. */
async function chooseSaving(): Promise<((name: string, content: Blob) => Promise<void>) | undefined> {
  if (window.showDirectoryPicker === undefined) return async (name, content) => download(content, name)
  const folder = await window.showDirectoryPicker({ mode: 'readwrite' }).catch(unlessAborted)
  return folder && ((name, content) => saveInto(folder, name, content))
}

async function saveInto(folder: FileSystemDirectoryHandle, name: string, content: Blob): Promise<void> {
  const file = await folder.getFileHandle(await freeName(folder, name), { create: true })
  const writable = await file.createWritable()
  await writable.write(content)
  await writable.close()
}

/** What is in the folder stays: `photo.png` becomes `photo (1).png`. */
async function freeName(folder: FileSystemDirectoryHandle, name: string): Promise<string> {
  for (let number = 0; ; number++) {
    const free = number === 0 ? name : numbered(name, number)
    if (!(await isThere(folder, free))) return free
  }
}

function isThere(folder: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  return folder.getFileHandle(name).then(
    () => true,
    (error: unknown) => !(error instanceof DOMException && error.name === 'NotFoundError'),
  )
}

/** Undefined where the host has it not any more. */
async function content(address: string): Promise<Blob | undefined> {
  const response = await fetch(address)
  if (response.status === 404) return undefined
  if (!response.ok) throw new Error(`the host answered ${response.status}`)
  return response.blob()
}

function unlessAborted(error: unknown): undefined {
  if (!(error instanceof DOMException && error.name === 'AbortError')) throw error
}
