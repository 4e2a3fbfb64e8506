import { RestorationError } from '../../nodes/sdk/error.ts'
import { knownFailure } from '../storage/known-failure.ts'
import { codeOf, replaceFile } from '../storage/write-file.ts'
import type { Format } from './picture-files.ts'

const QUALITY = 95

/**
 * Writes a result as a file of the format; it appears complete or not at all.
 * @throws RestorationError `disk_full`, or `invalid_input` where no file can be of this name
 */
export async function writePicture(target: string, bytes: Uint8Array, format: Format): Promise<void> {
  const file = await encode(bytes, format)
  try {
    await replaceFile(target, file)
  } catch (error) {
    if (knownFailure(error)?.code === 'disk_full') {
      const message = `There is no room left for ${target}.`
      throw new RestorationError('disk_full', message, 'Make room on its disk and go on with --skip-existing.', {
        cause: error,
      })
    }
    const code = codeOf(error)
    throw new RestorationError(
      'invalid_input',
      `${target} cannot be written (${code ?? String(error)}).`,
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
