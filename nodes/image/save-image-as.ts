import { z } from 'zod'
import { graphTexts } from '../pixels/encode.ts'
import { metadataOfResult, readMetadata, type SourceMetadata } from '../pixels/source-metadata.ts'
import type { RunContext } from '../sdk/context.ts'
import { RestorationError } from '../sdk/error.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'
import { type Encoding, encodeAs, FILE_FORMATS } from './encode-as.ts'
import { filenamePrefix } from './filename-prefix.ts'

const METADATA = ['all', 'all but place', 'none'] as const

const parameters = z.object({
  filename_prefix: z.string().default('ComfyUI').meta({
    tooltip: 'Start of the file name; may hold folders and %width%, %height%, %year%, %month%, %day%.',
  }),
  format: z.enum(FILE_FORMATS).default('jpg').meta({
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
  metadata: z.enum(METADATA).default('all').meta({
    tooltip:
      'What the file says of the photograph that the picture was made from: Exif (not in tiff), XMP and dots per inch. The place is where it was taken (GPS).',
    optional: true,
  }),
})

export const saveImageAs = defineNode({
  id: 'SaveImageAs',
  title: 'Save Image As',
  summary:
    'Writes pictures to the output folder as JPEG, WebP, AVIF, TIFF or PNG, with what their photographs said of themselves.',
  aliases: ['export', 'JPEG', 'TIFF', 'WebP', 'AVIF'],
  inputs: { images: { type: 'IMAGE', tooltip: 'The pictures to save.' } },
  parameters,
  outputs: {},
  outputNode: true,
  async run({ images }, settings, context) {
    for (const frame of images.frames) checkSides(frame, settings.format)
    const texts = settings.save_graph ? graphTexts(context) : {}
    const source = settings.metadata === 'none' ? undefined : await sourceMetadata(context)
    const keepsPlace = settings.metadata === 'all'
    const said = new Set<string>()
    const saved = []
    for (const [i, frame] of images.frames.entries()) {
      const { width, height } = frame
      const metadata = source === undefined ? {} : metadataOfResult(source, { width, height, keepsPlace })
      const { bytes, notes } = await encodeAs(frame, settings, texts, metadata)
      for (const note of notes) {
        if (!said.has(note)) context.warn(note)
        said.add(note)
      }
      const prefix = filenamePrefix(settings.filename_prefix, frame, i)
      saved.push(await context.files.write('output', prefix, settings.format, bytes))
    }
    return { ui: { images: saved } }
  },
})

/** What the picture says of itself that the graph makes this one from; nothing where that is not one, or is gone since. */
async function sourceMetadata({ origin, files }: RunContext): Promise<SourceMetadata | undefined> {
  const name = origin()
  const file = name === undefined ? undefined : await files.read(name).catch(() => undefined)
  return file === undefined ? undefined : readMetadata(file)
}

/** The longest side of each format: WebP's and JPEG's by their encoders (libwebp, libjpeg), AVIF's by libheif. */
const LONGEST: Readonly<Partial<Record<Encoding['format'], number>>> = { webp: 16_383, avif: 16_384, jpg: 65_500 }

/** @throws RestorationError `image_too_large` before anything is encoded */
function checkSides({ width, height }: Frame, format: Encoding['format']): void {
  const longest = LONGEST[format]
  if (longest === undefined || Math.max(width, height) <= longest) return
  throw new RestorationError(
    'image_too_large',
    `Expected sides of at most ${longest} for ${format} but the picture has ${width} × ${height}.`,
    'Choose png or tiff, or a smaller scale.',
  )
}
