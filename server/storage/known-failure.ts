import { RestorationError } from '../../nodes/sdk/error.ts'
import { codeOf } from './write-file.ts'

/** Codes of the system, and of SQLite, where nothing more can be written. */
const FULL: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'SQLITE_FULL']

/** Codes of the system for a path that cannot be a file's. */
const NO_NAME: readonly unknown[] = ['ENAMETOOLONG', 'ENOTDIR', 'EISDIR', 'ENOTEMPTY', 'EEXIST']

/** What went wrong in words of ours; undefined for what was not foreseen. */
export function knownFailure(error: unknown): RestorationError | undefined {
  if (error instanceof RestorationError || error === undefined) return error
  if (!(error instanceof Error) || !FULL.includes(codeOf(error))) return undefined
  return new RestorationError('disk_full', 'The disk of the data folder is full.', 'Make room on it and try again.', {
    cause: error,
  })
}

/** For a promise of writing `name`: what the file system refuses for the name's sake is the caller's mistake. */
export function refusingName(name: string): (error: unknown) => never {
  return (error) => {
    const code = error instanceof Error ? codeOf(error) : undefined
    if (!NO_NAME.includes(code)) throw knownFailure(error) ?? error
    throw new RestorationError(
      'invalid_input',
      `Expected a name that a file can have but received '${name.slice(0, 200)}' (${String(code)}).`,
      'Choose a shorter name, or one that is not a folder and whose folders are not files.',
      { cause: error },
    )
  }
}
