import { relative, sep } from 'node:path'

/** Where a file is, below its root; as one text its folders and its name with a slash behind each folder. */
export interface Place {
  readonly filename: string
  readonly subfolder: string
}

/** The place of a path below a folder. */
export function placeBelow(folder: string, path: string): string {
  return relative(folder, path).split(sep).join('/')
}

/** Folder and name of a place. */
export function placeOf(file: string): Place {
  const slash = file.lastIndexOf('/')
  return { subfolder: file.slice(0, Math.max(0, slash)), filename: file.slice(slash + 1) }
}
