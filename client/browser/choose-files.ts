export interface FileWish {
  readonly accept: string
  readonly multiple?: boolean
  /** Every file of a folder and its subfolders. */
  readonly folder?: boolean
}

/** Asks the person for files, which come by path; none where none was chosen. */
export function chooseFiles({ accept, multiple = false, folder = false }: FileWish): Promise<readonly File[]> {
  return new Promise((resolve) => {
    const input = document.createElement('input')
    input.type = 'file'
    input.accept = accept
    input.multiple = multiple
    input.webkitdirectory = folder
    input.addEventListener('change', () => resolve(inOrder([...(input.files ?? [])], pathOf)))
    input.addEventListener('cancel', () => resolve([]))
    input.click()
  })
}

/** The files that were dropped, those of folders and their subfolders too, by path. */
export async function droppedFiles(transfer: DataTransfer): Promise<readonly File[]> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? [])
  if (!entries.some((entry) => entry.isDirectory)) return inOrder([...transfer.files], pathOf)
  const found = await Promise.all(inOrder(entries, ({ name }) => name).map((entry) => filesUnder(entry)))
  return found.flat()
}

async function filesUnder(entry: FileSystemEntry): Promise<File[]> {
  if (isFile(entry)) return [await new Promise<File>((resolve, reject) => entry.file(resolve, reject))]
  if (!isFolder(entry)) return []
  const reader = entry.createReader()
  const files: File[] = []
  // A reader gives some entries at a time, and none at the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) return files
    for (const one of inOrder(some, ({ name }) => name)) files.push(...(await filesUnder(one)))
  }
}

/** As a person would list them: `pic 2` before `pic 10`. */
export function inOrder<T>(files: readonly T[], nameOf: (file: T) => string): T[] {
  return files.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b), undefined, { numeric: true }))
}

function pathOf({ webkitRelativePath, name }: File): string {
  return webkitRelativePath || name
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory
}
