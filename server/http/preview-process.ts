import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { addPngText } from '../../nodes/sdk/png-text.ts'
import { readPngText } from '../graph/png-text.ts'
import type { MaskRequest, PictureAnswer, PictureRequest, PreviewAnswer, PreviewRequest } from './previewer.ts'
import { pictureFacts, reducedPicture, tileOfPicture } from './screen-picture.ts'

/**
 * Child process that decodes pictures for GET /view and GET /picture: a file that brings libvips down takes no more than
 * this process with it.
 */
async function render({ path, preview, channel, maxPixels }: PreviewRequest): Promise<PreviewAnswer> {
  const source = sharp(path, { limitInputPixels: maxPixels })
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
async function maskPicture({ path, mask, maxPixels }: MaskRequest): Promise<PreviewAnswer> {
  const limits = { limitInputPixels: maxPixels }
  const original = await readFile(path)
  const colours = sharp(original, limits).removeAlpha().toColourspace('srgb')
  const { data, info } = await colours.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  const size = { width: info.width, height: info.height }
  const other = await sharp(mask, limits).metadata()
  if (other.width !== size.width || other.height !== size.height) throw new Error('the mask is of another size')
  const alpha = await sharp(mask, limits).ensureAlpha().extractChannel('alpha').raw({ depth: 'uchar' }).toBuffer()
  const joined = sharp(data, { raw: { ...size, channels: info.channels } }).joinChannel(alpha, {
    raw: { ...size, channels: 1 },
  })
  const png = await joined.png().toBuffer()
  return { bytes: addPngText(png, Object.fromEntries(readPngText(original))), format: 'image/png' }
}

function answer(request: PictureRequest): Promise<PictureAnswer> {
  switch (request.kind) {
    case 'preview':
      return render(request)
    case 'mask':
      return maskPicture(request)
    case 'facts':
      return pictureFacts(request)
    case 'reduced':
      return reducedPicture(request)
    case 'tile':
      return tileOfPicture(request)
  }
}

process.on('message', async ({ id, request }: { id: number; request: PictureRequest }) => {
  try {
    process.send?.({ id, answer: await answer(request) })
  } catch {
    // What libvips says may name the path.
    process.send?.({ id, error: 'it cannot be decoded, or has too many pixels' })
  }
})
process.on('disconnect', () => process.exit())
