import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Format } from './picture-files.ts'

const QUALITY = 95

/** Writes a result as a file of the format; it appears complete or not at all. */
export async function writePicture(target: string, bytes: Uint8Array, format: Format): Promise<void> {
  await mkdir(dirname(target), { recursive: true })
  const draft = join(dirname(target), `.${basename(target)}.${randomUUID()}`)
  try {
    await writeFile(draft, await encode(bytes, format))
    await rename(draft, target)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
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
      const { depth } = await picture.metadata()
      return picture
        .toColourspace(depth === 'ushort' ? 'rgb16' : 'srgb')
        .tiff({ compression: 'lzw' })
        .toBuffer()
    }
  }
}
