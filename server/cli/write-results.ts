import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { draftIn, removeDeadDrafts } from '../storage/drafts.ts'
import { knownFailure } from '../storage/known-failure.ts'
import { codeOf, createFile } from '../storage/write-file.ts'
import type { Format } from './picture-files.ts'

const QUALITY = 95

/** A file, and the PNG that it is made of, which is asked for when its turn comes. */
export interface Result {
  readonly target: string
  png(): Uint8Array | Promise<Uint8Array>
}

/**
 * Writes the results of one file, in the format. Each appears complete or not at all, and the first one last: where it is, all
 * are, whatever ends the process.
 * @throws RestorationError `disk_full`, or `invalid_input` where no file can be of this name
 */
export async function writeResults(results: readonly Result[], format: Format): Promise<void> {
  const drafts = results.map((result) => ({ ...result, draft: draftIn(dirname(result.target)) }))
  for (const { target } of results) await writing(target, () => mkdir(dirname(target), { recursive: true }))
  try {
    for (const { target, draft, png } of drafts) {
      const file = await encode(await png(), format)
      await writing(target, () => writeFile(draft, file))
    }
    for (const { target, draft } of drafts.toReversed()) await writing(target, () => rename(draft, target))
  } finally {
    for (const { draft } of drafts) await rm(draft, { force: true })
  }
}

/**
 * Makes the folder of the results and tries it: one that cannot be written would fail every file, after it was restored.
 * @param inner folders of it, or itself, that results go into: what killed processes left in them of their own is removed
 * @throws as writeResults
 */
export async function prepareFolder(folder: string, inner: readonly string[] = [folder]): Promise<void> {
  const draft = draftIn(folder)
  await writing(folder, async () => {
    await mkdir(folder, { recursive: true })
    await writeFile(draft, '')
    await rm(draft)
  })
  for (const one of new Set(inner)) await removeDeadDrafts(one)
}

/** Writes a picture whole or not at all. @returns whether its name was free @throws as writeResults */
export function writeNew(target: string, bytes: Uint8Array): Promise<boolean> {
  return writing(target, () => createFile(target, bytes), 'run it again')
}

async function writing<T>(target: string, work: () => Promise<T>, goOn = 'go on with --skip-existing'): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (knownFailure(error)?.code === 'disk_full') {
      const message = `There is no room left for ${target}.`
      throw new RestorationError('disk_full', message, `Make room on its disk and ${goOn}.`, {
        cause: error,
      })
    }
    throw new RestorationError(
      'invalid_input',
      `${target} cannot be written (${codeOf(error) ?? String(error)}).`,
      'Check the name, and who may write to the folder.',
      { cause: error },
    )
  }
}

/** Results come as PNG; sharp loads only when they shall be something else. */
async function encode(bytes: Uint8Array, format: Format): Promise<Uint8Array> {
  if (format === 'png') return bytes
  const { default: sharp } = await import('sharp')
  const picture = sharp(bytes, { limitInputPixels: false }).keepMetadata()
  switch (format) {
    case 'jpg':
      return picture.flatten({ background: 'white' }).jpeg({ quality: QUALITY, chromaSubsampling: '4:4:4' }).toBuffer()
    case 'webp':
      return picture.webp({ quality: QUALITY }).toBuffer()
    case 'tiff': {
      const { depth, density = 72 } = await picture.metadata()
      const perMillimetre = density / 25.4
      return picture
        .toColourspace(depth === 'ushort' ? 'rgb16' : 'srgb')
        .tiff({ compression: 'lzw', xres: perMillimetre, yres: perMillimetre })
        .toBuffer()
    }
  }
}
