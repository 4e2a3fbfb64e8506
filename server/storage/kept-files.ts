import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { FileReference } from '../../nodes/sdk/context.ts'
import type { WrittenFile } from '../protocol/events.ts'
import { contentHash } from './content-hash.ts'
import type { FileIndex } from './file-index.ts'
import type { HostFiles } from './host-files.ts'
import { plainName } from './inside.ts'
import { isNumbered } from './numbered-names.ts'
import type { Upload } from './storage.ts'
import { onlyMissing } from './write-file.ts'

/** The host's files by their content, as the index has it and as the folders bear it out. */
export class KeptFiles {
  readonly #files: Pick<HostFiles, 'path' | 'renew' | 'save'>
  readonly #index: FileIndex

  constructor(files: Pick<HostFiles, 'path' | 'renew' | 'save'>, index: FileIndex) {
    this.#files = files
    this.#index = index
  }

  /** A place where the content still is, and stays as if it were sent now. What the index has wrong is put right. */
  async find(sha256: string, isFit: (file: WrittenFile) => boolean = () => true): Promise<WrittenFile | undefined> {
    for (const file of this.#index.find(sha256).filter(isFit)) {
      const path = await this.#files.path(file).catch(() => undefined)
      if (path !== undefined && (await hashOf(path).catch(onlyMissing)) === sha256) {
        await this.#files.renew(file)
        return file
      }
      this.#index.forget(file)
    }
    return undefined
  }

  /** Where content is and stays: the temporary folder is emptied at the next start, when runs may still wait for it. */
  findLasting(sha256: string): Promise<WrittenFile | undefined> {
    return this.find(sha256, ({ type }) => type !== 'temp')
  }

  /** Content that is here as an input of a name, whatever number it got: where it only has others, it is kept under it too. */
  async called(filename: string, sha256: string): Promise<WrittenFile | undefined> {
    const upload = { type: 'input', subfolder: '', filename, overwrite: false } as const
    const file = (await this.find(sha256, isOf(upload))) ?? (await this.findLasting(sha256))
    if (file === undefined || isOf(upload)(file)) return file
    return this.save({ ...upload, bytes: await readFile(await this.#files.path(file)) }, sha256)
  }

  /**
   * Keeps an upload. Content that was sent before under this name, whatever number it got then, is not kept again.
   * @param hash its SHA-256, where that is known already
   * @throws RestorationError `path_outside`
   */
  async save(upload: Upload, hash?: string): Promise<WrittenFile> {
    const { bytes, overwrite } = upload
    const subfolder = plainName(upload.subfolder)
    const sha256 = hash ?? (await contentHash(bytes))
    const known = overwrite ? undefined : await this.find(sha256, isOf({ ...upload, subfolder }))
    if (known !== undefined) return known
    const file = { ...(await this.#files.save(upload)), sha256, size: bytes.length }
    this.#index.put(file)
    return file
  }
}

/** Whether a file is one that was kept under a name, whatever number it got. */
function isOf({ type, subfolder, filename }: FileReference): (file: FileReference) => boolean {
  return (file) => file.type === type && file.subfolder === subfolder && isNumbered(file.filename, filename)
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
