import type { FileReference, FolderType } from '../../nodes/sdk/context.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { ANNOTATION, type Upload } from './storage.ts'

/** What the API needs of the storage; `server/storage` has it. */
export interface HostFiles {
  /** The names that LoadImage offers. */
  listInputs(): Promise<readonly string[]>
  /** The names at the top of a folder, the newest first. */
  listNewest(type: FolderType): Promise<readonly string[]>
  /** Bytes of what LoadImage would open; undefined when it could not. */
  size(name: string): Promise<number | undefined>
  /**
   * Where a file is.
   * @throws RestorationError `path_outside`, `file_not_found`
   */
  path(reference: FileReference): Promise<string>
  /**
   * Keeps an upload; unless `overwrite`, a name that is taken gets a number.
   * @throws RestorationError `path_outside`
   */
  save(upload: Upload): Promise<FileReference>
  /** Has a file, as LoadImage or as others call it, count as new for whoever deletes old ones. */
  renew(file: string | FileReference): Promise<void>
  /** The places of temporary files that are renewed after a moment in ms, also from now on. */
  usedSince(moment: number): Pick<ReadonlySet<string>, 'has'>
}

/** A file's name such that its own end is not taken for its folder. */
export function unmistakable({ filename, type }: FileReference): string {
  return ANNOTATION.test(filename) ? `${filename} [${type}]` : filename
}

/** Whether a file's name leads out of its folder; two dots inside of a name do not. */
export function leadsOut(name: string): boolean {
  return name.startsWith('/') || name.split(/[\\/]/).includes('..')
}

/** @param maxUpload in bytes */
export function tooLarge(maxUpload: number): RestorationError {
  const message = `The file is larger than ${maxUpload / 2 ** 20} MiB.`
  return new RestorationError('image_too_large', message, 'Send a smaller file, or allow more with --max-upload.')
}

export function isFolderType(type: string): type is FolderType {
  return type === 'input' || type === 'output' || type === 'temp'
}
