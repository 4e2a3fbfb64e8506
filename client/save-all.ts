import { download } from './snapshot.ts'

/** A file of the host, and what it shall be called. */
export interface SavedFile {
  readonly address: string
  readonly name: string
}

declare global {
  interface Window {
    /** Not in all browsers, and on secure pages alone (File System Access). */
    showDirectoryPicker?(options: { readonly mode: 'readwrite' }): Promise<FileSystemDirectoryHandle>
  }
}

/**
 * Saves files into a folder that the person chooses; where the browser lets no page do that, each as a download.
 * @returns how many were saved; undefined where no folder was chosen
 * @throws Error where a file cannot be had, or not written
 */
export async function saveAll(files: readonly SavedFile[]): Promise<number | undefined> {
  if (window.showDirectoryPicker === undefined) {
    for (const { address, name } of files) download(await content(address), name)
    return files.length
  }
  const folder = await window.showDirectoryPicker({ mode: 'readwrite' }).catch(unlessAborted)
  if (folder === undefined) return undefined
  for (const { address, name } of files) await saveInto(folder, name, await content(address))
  return files.length
}

async function saveInto(folder: FileSystemDirectoryHandle, name: string, content: Blob): Promise<void> {
  const file = await folder.getFileHandle(await freeName(folder, name), { create: true })
  const writable = await file.createWritable()
  await writable.write(content)
  await writable.close()
}

/** What is in the folder stays: `photo.png` becomes `photo (1).png`. */
async function freeName(folder: FileSystemDirectoryHandle, name: string): Promise<string> {
  const [stem, extension] = [name.replace(/\.[^.]*$/, ''), /\.[^.]*$/.exec(name)?.[0] ?? '']
  for (let number = 0; ; number++) {
    const free = number === 0 ? name : `${stem} (${number})${extension}`
    if (!(await isThere(folder, free))) return free
  }
}

function isThere(folder: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  return folder.getFileHandle(name).then(
    () => true,
    (error: unknown) => !(error instanceof DOMException && error.name === 'NotFoundError'),
  )
}

async function content(address: string): Promise<Blob> {
  const response = await fetch(address)
  if (!response.ok) throw new Error(`A picture could not be had: the host answered ${response.status}.`)
  return response.blob()
}

function unlessAborted(error: unknown): undefined {
  if (!(error instanceof DOMException && error.name === 'AbortError')) throw error
}
