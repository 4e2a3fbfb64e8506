import { z } from 'zod'
import { byTiles } from '../pixels/by-tiles.ts'
import { COLOR_TRANSFERS, transferColor } from '../pixels/color-transfer.ts'
import { keepingDepth, toRgb } from '../pixels/samples.ts'
import { checkScaled, scaleFrameBy } from '../pixels/scale-by.ts'
import { checkOverlap } from '../sdk/checks.ts'
import type { RunContext } from '../sdk/context.ts'
import { defineNode } from '../sdk/node.ts'
import { tileLayout } from '../sdk/tile-spans.ts'
import type { Frame, GendrModel } from '../sdk/values.ts'
import { grain, overlap, strength, tileSize } from './parameters.ts'
import { restoreTile } from './pipeline.ts'
import { transferAsTrained } from './trained-transfer.ts'

const SCALES = { min: 1, max: 8, step: 0.5 }

const parameters = z.object({
  scale: z.number().min(SCALES.min).max(SCALES.max).default(4).meta({
    step: SCALES.step,
    tooltip: 'Of each side; 1 restores at the same size.',
  }),
  tile_size: tileSize,
  overlap,
  color_transfer: z
    .enum(['model', ...COLOR_TRANSFERS])
    .default('model')
    .meta({
      tooltip: 'Where the colours come from afterwards; model does what the model was trained with.',
    }),
  strength,
  grain,
})

type Settings = z.output<typeof parameters>

/** The whole chain in one node, tile by tile, so that memory does not grow with the number of tiles. */
export const gendrRestore = defineNode({
  id: 'GenDRRestore',
  title: 'GenDR Restore',
  summary: 'Restores and enlarges pictures in one step: bicubic scale, encode, UNet, decode, merge, colour transfer.',
  aliases: [
    'upscale',
    'enlarge',
    'bigger',
    'enhance',
    'super resolution',
    'deblur',
    'unblur',
    'blurry',
    'pixelated',
    'low quality',
    'old photo',
    'JPEG artifacts',
    'artefacts',
    'remove compression',
  ],
  inputs: { image: { type: 'IMAGE' }, model: { type: 'GENDR_MODEL' } },
  size: { of: 'image', times: 'scale' },
  parameters,
  outputs: { image: { type: 'IMAGE' } },
  async run({ image, model }, settings, context) {
    checkOverlap(settings.tile_size, settings.overlap)
    checkScaled(image.frames, settings.scale, context, SCALES)
    const frames = []
    for (const [i, frame] of image.frames.entries()) {
      frames.push(await restoreFrame(frame, model, settings, context, { index: i, count: image.frames.length }))
    }
    return { image: { frames } }
  },
})

async function restoreFrame(
  frame: Frame,
  model: GendrModel,
  settings: Settings,
  context: RunContext,
  batch: { readonly index: number; readonly count: number },
): Promise<Frame> {
  const source = toRgb(await scaleFrameBy(frame, settings.scale, 'bicubic'))
  const layout = tileLayout(source.width, source.height, settings.tile_size, settings.overlap)
  const tiles = layout.rows.length * layout.columns.length
  context.say(`${source.width} × ${source.height} in ${tiles === 1 ? 'one tile' : `${tiles} tiles`}`)
  const restored = await byTiles(source, { layout, scale: 1, ...batch }, context, (tile) =>
    restoreTile(tile, model, settings.strength, context),
  )
  const { color_transfer: method } = settings
  const result =
    method === 'model'
      ? await transferAsTrained(restored, source, model, context, settings.grain, batch.index)
      : transferColor(restored, source, method, model.manifest.colorTransfer.levels)
  return keepingDepth(result, source, batch.count)
}
