import type { RunContext } from '../sdk/context.ts'
import type { Frame, TileLayout } from '../sdk/values.ts'
import { ahead } from './ahead.ts'
import { cutTile, scaledLayout, TileMerger } from './tiles.ts'

/** A preview costs an encode of the whole picture: one every so many tiles at most. */
const PREVIEWS = 8

/** Pixels of all tiles that are under way at once, where they are several. */
const UNDER_WAY = 2 ** 22

export interface Tiling {
  readonly layout: TileLayout
  /** How many times as wide and high tiles become; a whole number. */
  readonly scale: number
  /** Which picture of its batch it is, and of how many. */
  readonly index: number
  readonly count: number
}

type Context = Pick<RunContext, 'inference' | 'signal' | 'progress'>

/**
 * A picture on which work is done tile by tile, so that memory does not grow with the number of tiles. Tells its progress,
 * with previews.
 * @param source RGB
 * @param work makes of a tile another one, `scale` times as wide and high
 */
export async function byTiles(
  source: Frame,
  { layout, scale, index, count }: Tiling,
  context: Context,
  work: (tile: Frame) => Promise<Frame>,
): Promise<Frame> {
  const merger = new TileMerger(scaledLayout(layout, scale))
  const columns = layout.columns.length
  const tiles = layout.rows.length * columns
  const stride = Math.ceil(tiles / PREVIEWS)
  context.progress(index * tiles, count * tiles)
  const worked = ahead(tiles, mostTiles(layout.tile * scale, context), async (i) =>
    work(cutTile(source, layout, Math.floor(i / columns), i % columns)),
  )
  let done = 0
  for await (const tile of worked) {
    context.signal.throwIfAborted()
    merger.add(tile)
    done++
    const preview = done % stride === 0 && done < tiles ? { frames: [merger.soFar(source)] } : undefined
    context.progress(index * tiles + done, count * tiles, preview)
  }
  return merger.finish()
}

/** Enough that none waits for this thread. @param side of a tile's result */
function mostTiles(side: number, { inference }: Context): number {
  return Math.max(1, Math.min(inference.atOnce + 1, Math.floor(UNDER_WAY / side ** 2)))
}
