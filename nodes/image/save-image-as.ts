import { z } from 'zod'
import { encodeFrame, graphTexts } from '../pixels/encode.ts'
import { colourSpaceOf, sharpOf } from '../pixels/raw.ts'
import { depthOf, toDepth } from '../pixels/samples.ts'
import { RestorationError } from '../sdk/error.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'
import { filenamePrefix } from './filename-prefix.ts'
import { fitsJpeg, graphXmp } from './graph-xmp.ts'
import { addWebpTexts } from './webp-exif.ts'

const FORMATS = ['jpg', 'webp', 'avif', 'tiff', 'png'] as const

const parameters = z.object({
  filename_prefix: z.string().default('ComfyUI').meta({
    tooltip: 'Start of the file name; may hold folders and %width%, %height%, %year%, %month%, %day%.',
  }),
  format: z.enum(FORMATS).default('jpg').meta({
    tooltip: 'tiff and png lose nothing and keep 16 bits; the others have 8.',
  }),
  quality: z.int().min(1).max(100).default(90).meta({
    tooltip: 'Of jpg, webp and avif; from 90 on jpg keeps the colours of every pixel (4:4:4).',
  }),
  background: z.enum(['white', 'black']).default('white').meta({
    tooltip: 'What shows through where a picture is transparent, in jpg.',
  }),
  save_graph: z
    .boolean()
    .default(true)
    .meta({ tooltip: 'Write the graph into the file, so that it can be opened from it.' }),
})

type Settings = z.output<typeof parameters>

export const saveImageAs = defineNode({
  id: 'SaveImageAs',
  title: 'Save Image As',
  summary: 'Writes pictures to the output folder as JPEG, WebP, AVIF, TIFF or PNG.',
  aliases: ['export', 'JPEG', 'TIFF', 'WebP', 'AVIF'],
  inputs: { images: { type: 'IMAGE', tooltip: 'The pictures to save.' } },
  parameters,
  outputs: {},
  outputNode: true,
  async run({ images }, settings, context) {
    const texts = settings.save_graph ? graphTexts(context) : {}
    if (settings.format === 'jpg' && !fitsJpeg(graphXmp(texts)))
      context.say('the graph is too large for a JPEG and was left out')
    for (const frame of images.frames) checkSides(frame, settings.format)
    const saved = []
    for (const [i, frame] of images.frames.entries()) {
      const bytes = await encode(frame, settings, texts)
      const prefix = filenamePrefix(settings.filename_prefix, frame, i)
      saved.push(await context.files.write('output', prefix, settings.format, bytes))
    }
    return { ui: { images: saved } }
  },
})

/** The longest side of each format: WebP's and JPEG's by their encoders (libwebp, libjpeg), AVIF's by libheif. */
const LONGEST: Readonly<Partial<Record<Settings['format'], number>>> = { webp: 16_383, avif: 16_384, jpg: 65_500 }

/** @throws RestorationError `image_too_large` before anything is encoded */
function checkSides({ width, height }: Frame, format: Settings['format']): void {
  const longest = LONGEST[format]
  if (longest === undefined || Math.max(width, height) <= longest) return
  throw new RestorationError(
    'image_too_large',
    `Expected sides of at most ${longest} for ${format} but the picture has ${width} × ${height}.`,
    'Choose png or tiff, or a smaller scale.',
  )
}

/** PNG and WebP carry texts as ComfyUI writes them, the others as XMP. */
async function encode(
  frame: Frame,
  { format, quality, background }: Settings,
  texts: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  if (format === 'png') return encodeFrame(frame, texts)
  const keepsDepth = format === 'tiff' && depthOf(frame.data) === 'uint16'
  const samples = keepsDepth ? frame : toDepth(frame, 'uint8')
  const picture = sharpOf(samples).toColourspace(colourSpaceOf(samples))
  const isBare = Object.keys(texts).length === 0
  if (format === 'webp') {
    const webp = await picture.webp({ quality }).toBuffer()
    return isBare ? webp : addWebpTexts(webp, frame, texts)
  }
  const xmp = graphXmp(texts)
  if (!isBare && (format !== 'jpg' || fitsJpeg(xmp))) picture.withXmp(xmp)
  switch (format) {
    case 'jpg':
      return picture
        .flatten({ background })
        .jpeg({ quality, chromaSubsampling: quality < 90 ? '4:2:0' : '4:4:4' })
        .toBuffer()
    case 'avif':
      return picture.avif({ quality }).toBuffer()
    case 'tiff':
      return picture.tiff({ compression: 'deflate', predictor: 'horizontal' }).toBuffer()
  }
}
