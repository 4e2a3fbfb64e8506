import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import sharp, { type Metadata } from 'sharp'
import { refuseForeign, refuseLarge, unreadable } from '../../nodes/pixels/picture-header.ts'
import { addPngText } from '../../nodes/pixels/png-text.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { readPngText } from '../graph/png-text.ts'
import { knownFailure } from '../storage/known-failure.ts'
import type { MaskRequest, PictureAnswer, PictureRequest, PreviewAnswer, PreviewRequest } from './previewer.ts'
import { asFarAsItGoes, pictureFacts, reducedPicture, tileOfPicture } from './screen-picture.ts'

/**
 * Child process that decodes pictures for GET /view and GET /picture: a file that brings libvips down takes no more than
 * this process with it.
 */
async function render({ path, preview, channel, maxPixels }: PreviewRequest, header: Metadata): Promise<PreviewAnswer> {
  const source = sharp(path, { limitInputPixels: maxPixels, ...asFarAsItGoes(header) })
  if (preview !== undefined) {
    // As ComfyUI: colours stay as they are under a transparency that is left out.
    const picture = channel === 'rgb' || preview.format === 'jpeg' ? source.removeAlpha() : source
    const { quality } = preview
    const bytes = preview.format === 'jpeg' ? picture.jpeg({ quality }) : picture.webp({ quality })
    return { bytes: await bytes.toBuffer(), format: `image/${preview.format}` }
  }
  if (channel === 'rgb') {
    const colours = source.removeAlpha().toColourspace('srgb')
    return { bytes: await colours.png().toBuffer(), format: 'image/png' }
  }
  const { data, info } = await source.ensureAlpha().extractChannel('alpha').raw().toBuffer({ resolveWithObject: true })
  const size = { width: info.width, height: info.height }
  const black = sharp({ create: { ...size, channels: 3, background: 'black' } })
  const alpha = black.joinChannel(data, { raw: { ...size, channels: 1 } })
  return { bytes: await alpha.png().toBuffer(), format: 'image/png' }
}

/** For POST /upload/mask: the colours of one picture, the alpha of another (opaque where it has none), and its texts. */
async function maskPicture({ path, mask, maxPixels }: MaskRequest, header: Metadata): Promise<PreviewAnswer> {
  const { width, height } = header
  const other = await headerOf(mask, 'mask', maxPixels)
  if (other.width !== width || other.height !== height) {
    throw new RestorationError(
      'invalid_input',
      `Expected a mask of ${width} × ${height} pixels, the size of '${basename(path)}', but it has ${other.width} × ${other.height}.`,
      'Send a mask of the size of its picture.',
    )
  }
  const limits = { limitInputPixels: maxPixels }
  const original = await readFile(path)
  const colours = sharp(original, { ...limits, ...asFarAsItGoes(header) })
    .removeAlpha()
    .toColourspace('srgb')
  const { data, info } = await colours.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  const size = { width: info.width, height: info.height }
  const alpha = await sharp(mask, limits)
    .ensureAlpha()
    .extractChannel('alpha')
    .raw({ depth: 'uchar' })
    .toBuffer()
    .catch((error) => {
      throw failureOf(error, 'mask')
    })
  const joined = sharp(data, { raw: { ...size, channels: info.channels } }).joinChannel(alpha, {
    raw: { ...size, channels: 1 },
  })
  const png = await joined.png().toBuffer()
  return { bytes: addPngText(png, Object.fromEntries(readPngText(original))), format: 'image/png' }
}

async function answer(request: PictureRequest): Promise<PictureAnswer> {
  const header = await headerOf(request.path, basename(request.path), request.maxPixels)
  switch (request.kind) {
    case 'preview':
      return render(request, header)
    case 'mask':
      return maskPicture(request, header)
    case 'facts':
      return pictureFacts(header)
    case 'reduced':
      return reducedPicture(request, header)
    case 'tile':
      return tileOfPicture(request, header)
  }
}

/** The header of a picture that a run would read too. @throws RestorationError `image_unreadable`, `image_too_large` */
async function headerOf(file: string | Uint8Array, name: string, maxPixels: number): Promise<Metadata> {
  try {
    const header = await sharp(file, { limitInputPixels: false }).metadata()
    refuseForeign(header, name)
    refuseLarge(header, 1, name, maxPixels)
    return header
  } catch (error) {
    throw failureOf(error, name)
  }
}

function failureOf(error: unknown, name: string): RestorationError {
  // What libvips says may name the path.
  return knownFailure(error) ?? unreadable(name, 'it is damaged, or no picture')
}

process.on('message', async ({ id, request }: { id: number; request: PictureRequest }) => {
  try {
    process.send?.({ id, answer: await answer(request) })
  } catch (error) {
    const { code, message, remedy } = failureOf(error, basename(request.path))
    process.send?.({ id, failure: { code, message, remedy } })
  }
})
process.on('disconnect', () => process.exit())
