import sharp from 'sharp'
import type { PreviewAnswer, PreviewRequest } from './previewer.ts'

/**
 * Child process that decodes pictures for GET /view?preview= and ?channel=: a file that brings libvips down takes no
 * more than this process with it.
 */
async function render({ path, preview, channel, maxPixels }: PreviewRequest): Promise<PreviewAnswer> {
  const source = sharp(path, { limitInputPixels: maxPixels })
  if (preview !== undefined) {
    const picture = channel === 'rgb' ? source.removeAlpha() : source
    const bytes =
      preview.format === 'jpeg'
        ? picture.flatten().jpeg({ quality: preview.quality })
        : picture.webp({ quality: preview.quality })
    return { bytes: await bytes.toBuffer(), format: `image/${preview.format}` }
  }
  if (channel === 'rgb') return { bytes: await source.removeAlpha().png().toBuffer(), format: 'image/png' }
  const { data, info } = await source.ensureAlpha().extractChannel('alpha').raw().toBuffer({ resolveWithObject: true })
  const size = { width: info.width, height: info.height }
  const black = sharp({ create: { ...size, channels: 3, background: 'black' } })
  const alpha = black.joinChannel(data, { raw: { ...size, channels: 1 } })
  return { bytes: await alpha.png().toBuffer(), format: 'image/png' }
}

process.on('message', async ({ id, request }: { id: number; request: PreviewRequest }) => {
  try {
    process.send?.({ id, answer: await render(request) })
  } catch {
    // What libvips says may name the path.
    process.send?.({ id, error: 'it cannot be decoded, or has too many pixels' })
  }
})
process.on('disconnect', () => process.exit())
