import { z } from 'zod'
import { byTiles } from '../pixels/by-tiles.ts'
import { depthOf, toDepth, toRgb } from '../pixels/samples.ts'
import { checkScaled } from '../pixels/scale-by.ts'
import { checkOverlap } from '../sdk/checks.ts'
import type { RunContext } from '../sdk/context.ts'
import { defineNode } from '../sdk/node.ts'
import { tileLayout } from '../sdk/tile-spans.ts'
import type { Frame, UpscaleModel } from '../sdk/values.ts'
import { tileSizeFor } from './geometry.ts'
import { upscaleTile } from './upscale-tile.ts'

const parameters = z.object({
  tile_size: z.int().min(64).max(4096).default(256).meta({
    step: 64,
    optional: true,
    tooltip: 'At most, in pixels of the picture that comes in. Larger tiles need more memory.',
  }),
  overlap: z.int().min(0).max(512).default(32).meta({
    step: 8,
    optional: true,
    tooltip: 'Pixels that neighbouring tiles share at least, blended into each other; at most half the tile size.',
  }),
})

type Settings = z.output<typeof parameters>

/**
 * ComfyUI's node of the same name, whose tiles are 512 with an overlap of 32; these need a quarter of their memory, which
 * without a GPU decides whether a laptop can do it.
 */
export const imageUpscaleWithModel = defineNode({
  id: 'ImageUpscaleWithModel',
  title: 'Upscale Image (using Model)',
  summary: "Enlarges pictures by an upscaler's own scale, tile by tile. 8 and 16 bits stay what they are.",
  aliases: ['enlarge', 'super resolution', 'ESRGAN'],
  inputs: { upscale_model: { type: 'UPSCALE_MODEL' }, image: { type: 'IMAGE' } },
  parameters,
  outputs: { image: { type: 'IMAGE' } },
  async run({ upscale_model: model, image }, settings, context) {
    checkScaled(image.frames, model.scale, context)
    const frames = []
    for (const [index, frame] of image.frames.entries())
      frames.push(await upscaleFrame(frame, model, settings, context, { index, count: image.frames.length }))
    return { image: { frames } }
  },
})

async function upscaleFrame(
  frame: Frame,
  model: UpscaleModel,
  settings: Settings,
  context: RunContext,
  batch: { readonly index: number; readonly count: number },
): Promise<Frame> {
  const source = toRgb(frame)
  const { tile, overlap } = tileSizeFor(model, settings.tile_size, settings.overlap)
  checkOverlap(tile, overlap)
  const layout = tileLayout(source.width, source.height, tile, overlap)
  const depth = depthOf(frame.data)
  return byTiles(source, { layout, scale: model.scale, ...batch }, context, async (cut) =>
    toDepth(await upscaleTile(cut, model, context), depth),
  )
}
