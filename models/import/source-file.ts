import { createHash } from 'node:crypto'
import { chmod, constants, copyFile, link, realpath, stat } from 'node:fs/promises'
import { invalidCheckpoint } from './failure.ts'
import { readBytes } from './safetensors.ts'
import { BYTES_OF_TYPE, elementCount, firstNotFinite, type StoredTensor } from './stored-tensor.ts'

/**
 * Reads a checkpoint's file once: checks that its tensors are finite, calls `checked` after each, and returns size and
 * SHA-256 of the whole file when `digest` asks for it; without, only the tensors are read.
 */
export async function inspectFile(
  path: string,
  tensors: readonly StoredTensor[],
  digest: boolean,
  checked: (tensor: StoredTensor) => Promise<void>,
): Promise<{ bytes: number; sha256: string } | undefined> {
  const hash = digest ? createHash('sha256') : undefined
  let position = 0
  const skipTo = (end: number): void => {
    if (hash) for (const bytes of readInChunks(path, position, end)) hash.update(bytes)
    position = end
  }
  const places = new Map(tensors.map((tensor) => [tensor.offset!, tensor]))
  for (const tensor of [...places.values()].sort((a, b) => a.offset! - b.offset!)) {
    if (tensor.offset! < position) throw overlapping(tensor)
    skipTo(tensor.offset!)
    const width = BYTES_OF_TYPE[tensor.type]
    position += elementCount(tensor.shape) * width
    let seen = 0
    for (const bytes of readInChunks(path, tensor.offset!, position)) {
      hash?.update(bytes)
      const index = firstNotFinite(tensor.type, bytes)
      if (index >= 0) throw notFinite(tensor, seen + index)
      seen += bytes.length / width
    }
    await checked(tensor)
  }
  const bytes = (await stat(path)).size
  skipTo(bytes)
  return hash && { bytes, sha256: hash.digest('hex') }
}

/**
 * Puts a checkpoint's file into a model folder: the same bytes on disk where the file system can, else a copy. A file that
 * is closed to others, as Python's temporary files are, is copied: who runs the host may be another user.
 */
export async function placeFile(path: string, target: string): Promise<void> {
  // A link to a symbolic link, of which download caches are made, would be one itself.
  const file = await realpath(path)
  const usual = 0o666 & ~process.umask()
  const isOpen = ((await stat(file)).mode & usual & READABLE) === (usual & READABLE)
  const isLinked =
    isOpen &&
    (await link(file, target).then(
      () => true,
      () => false,
    ))
  if (isLinked) return
  await copyFile(file, target, constants.COPYFILE_FICLONE)
  if (!isOpen) await chmod(target, usual)
}

/** By its owner, its group and others. */
const READABLE = 0o444

function* readInChunks(path: string, begin: number, end: number): Generator<Uint8Array<ArrayBuffer>> {
  for (let position = begin; position < end; position += AT_ONCE)
    yield readBytes(path, position, Math.min(AT_ONCE, end - position))
}

/** A multiple of every type's size. */
const AT_ONCE = 2 ** 22

/** Equal tensors may share a place; parts of one another would be read twice. */
function overlapping({ file, name }: StoredTensor): Error {
  return invalidCheckpoint(
    `${file}: expected tensor ${name} in a place of its own.`,
    'Save the weights as safetensors.',
  )
}

function notFinite({ file, name }: StoredTensor, index: number): Error {
  return invalidCheckpoint(
    `${file}: expected finite values in tensor ${name}, got NaN or infinity at index ${index}.`,
    'The checkpoint is damaged or its training diverged; get it again.',
  )
}
