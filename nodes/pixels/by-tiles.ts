import type { RunContext } from '../sdk/context.ts'
import type { Frame, TileLayout } from '../sdk/values.ts'
import { cutTile, scaledLayout, TileMerger } from './tiles.ts'

/** A preview costs an encode of the whole picture: one every so many tiles at most. */
const PREVIEWS = 8

export interface Tiling {
  readonly layout: TileLayout
  /** How many times as wide and high tiles become; a whole number. */
  readonly scale: number
  /** Which picture of its batch it is, and of how many. */
  readonly index: number
  readonly count: number
}

/**
 * A picture on which work is done tile by tile, so that memory does not grow with the number of tiles. Tells its progress,
 * with previews.
 * @param source RGB
 * @param work makes of a tile another one, `scale` times as wide and high
 */
export async function byTiles(
  source: Frame,
  { layout, scale, index, count }: Tiling,
  context: Pick<RunContext, 'signal' | 'progress'>,
  work: (tile: Frame) => Promise<Frame>,
): Promise<Frame> {
  const merger = new TileMerger(scaledLayout(layout, scale))
  const columns = layout.columns.length
  const tiles = layout.rows.length * columns
  const stride = Math.ceil(tiles / PREVIEWS)
  context.progress(index * tiles, count * tiles)
  for (let i = 0; i < tiles; i++) {
    context.signal.throwIfAborted()
    merger.add(await work(cutTile(source, layout, Math.floor(i / columns), i % columns)))
    const done = i + 1
    const preview = done % stride === 0 && done < tiles ? { frames: [merger.soFar(source)] } : undefined
    context.progress(index * tiles + done, count * tiles, preview)
  }
  return merger.finish()
}
