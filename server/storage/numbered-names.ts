import { basename, dirname, join } from 'node:path'
import { numbered, partsOf } from '../../nodes/sdk/file-name.ts'
import { besideUs, type FileSystem } from './file-system.ts'

/** Gives files whose name is taken the next one that is free. */
export class NumberedNames {
  readonly #files: FileSystem
  /** The last number given, by the path that is taken. */
  readonly #last = new Map<string, number>()

  constructor(files: FileSystem = besideUs) {
    this.#files = files
  }

  /** Offers free paths until `put` has put something there, which others may do first. @returns the name */
  async put(taken: string, put: (path: string) => Promise<boolean>): Promise<string> {
    const pathOf = (number: number) => join(dirname(taken), numbered(basename(taken), number))
    for (;;) {
      const free = await freeNumber(this.#next(taken), (number) => this.#exists(pathOf(number)))
      // Meanwhile others may have been given it.
      const number = Math.max(free, this.#next(taken))
      this.#last.set(taken, number)
      const path = pathOf(number)
      if (await put(path)) return basename(path)
    }
  }

  #next(taken: string): number {
    return (this.#last.get(taken) ?? 0) + 1
  }

  #exists(path: string): Promise<boolean> {
    return this.#files.lstat(path).then(
      () => true,
      () => false,
    )
  }
}

/** Whether a name is another one, or that one with a number. */
export function isNumbered(name: string, other: string): boolean {
  const { stem, extension } = partsOf(other)
  const number = name.slice(stem.length, name.length - extension.length)
  return name === other || (name === stem + number + extension && /^ \(\d+\)$/.test(number))
}

/** A number from `first` on that is not taken, found with few questions however many are: steps that double, then halves. */
export async function freeNumber(first: number, isTaken: (number: number) => Promise<boolean>): Promise<number> {
  let taken = first - 1
  let free = first
  for (let step = 1; await isTaken(free); step *= 2) {
    taken = free
    free += step
  }
  while (free - taken > 1) {
    const middle = Math.floor((taken + free) / 2)
    if (await isTaken(middle)) taken = middle
    else free = middle
  }
  return free
}
