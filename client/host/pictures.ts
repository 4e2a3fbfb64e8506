import type { z } from 'zod'
import { harmless, partsOf } from '../../nodes/sdk/file-name.ts'
import { pictureSchema } from '../../server/protocol/answers.ts'
import { MAX_SCREEN_SIZE } from '../../server/protocol/requests.ts'
import type { Address, FileReference } from './address.ts'

export type PictureFacts = z.infer<typeof pictureSchema>

/** Longest side of the picture that stands in until the whole one, or its tiles, are there. */
const REDUCED = 1024

/** The host's pictures, as far as looking at them needs. */
export class PictureStore {
  readonly #address: Address

  constructor(address: Address) {
    this.#address = address
  }

  /** @throws Error when the host has no such picture, or it cannot be decoded */
  async facts(file: FileReference): Promise<PictureFacts> {
    const response = await fetch(this.#address.of('picture', { ...file }))
    if (!response.ok) throw new Error(`${file.filename} cannot be shown.`)
    return pictureSchema.parse(await response.json())
  }

  whole(file: FileReference): string {
    return this.#address.reduced(file, MAX_SCREEN_SIZE)
  }

  original(file: FileReference): string {
    return this.#address.of('view', { ...file })
  }

  reduced(file: FileReference, size = REDUCED): string {
    return this.#address.reduced(file, size)
  }

  tile(file: FileReference, { level, column, row, version }: TileAddress): string {
    return this.#address.of('picture/tile', {
      ...file,
      level: String(level),
      column: String(column),
      row: String(row),
      version,
    })
  }
}

/** Whether the host answers that a file is there, but that it cannot be shown as a picture. */
export function isUnreadable({ status }: Response): boolean {
  return status === 400 || status === 413
}

export interface TileAddress {
  readonly level: number
  readonly column: number
  readonly row: number
  readonly version: string
}

/** What a file is downloaded as: one that is only shown has a name that says nothing, and gets that of what shows it. */
export function downloadName({ filename, type }: FileReference, title: string): string {
  if (type !== 'temp') return filename
  return `${harmless(title)}${partsOf(filename).extension}`
}

/** Two references to the same file are the same text. */
export function pictureKey({ filename, subfolder, type }: FileReference): string {
  return JSON.stringify([type, subfolder, filename])
}
