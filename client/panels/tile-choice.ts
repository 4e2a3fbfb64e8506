import type { Box, Size } from './viewer-layout.ts'

/** One tile that is to be shown, and where in the picture it lies, in pixels of the whole size. */
export interface PlacedTile {
  readonly level: number
  readonly column: number
  readonly row: number
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** What of a picture is seen, in pixels of its whole size. */
export interface Region {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/**
 * What of a picture is seen through a frame; of one that is turned, an upright part of it that holds all of that.
 * @param box where the picture is in the frame before it is turned, in CSS pixels
 * @param turn about its middle, in degrees, clockwise
 */
export function seenRegion(box: Box, frame: Size, picture: Size, turn = 0): Region {
  const [sin, cos] = [Math.sin((turn * Math.PI) / 180), Math.cos((turn * Math.PI) / 180)]
  const scale = box.width / picture.width
  const [middleX, middleY] = [box.left + box.width / 2, box.top + box.height / 2]
  const corners = [0, frame.width].flatMap((x) =>
    [0, frame.height].map((y) => {
      const [across, down] = [x - middleX, y - middleY]
      return {
        x: picture.width / 2 + (across * cos + down * sin) / scale,
        y: picture.height / 2 + (down * cos - across * sin) / scale,
      }
    }),
  )
  const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)]
  return {
    left: Math.max(0, Math.min(...xs)),
    top: Math.max(0, Math.min(...ys)),
    right: Math.min(picture.width, Math.max(...xs)),
    bottom: Math.min(picture.height, Math.max(...ys)),
  }
}

/**
 * The level that has at least one pixel for each of the screen's.
 * @param scale pixels of the screen per pixel of the whole size
 */
export function levelFor(scale: number, levels: number): number {
  const level = Math.floor(Math.log2(1 / scale) + 1e-6)
  return Math.min(levels - 1, Math.max(0, level))
}

/** The tiles of a level that cover a region, row by row. Each level is half of the one before, rounded down. */
export function tilesOver(region: Region, picture: Size, level: number, tile: number): PlacedTile[] {
  const [width, height] = [Math.max(1, picture.width >> level), Math.max(1, picture.height >> level)]
  const [across, down] = [picture.width / width, picture.height / height]
  const columns = range(region.left / across / tile, region.right / across / tile, Math.ceil(width / tile))
  const rows = range(region.top / down / tile, region.bottom / down / tile, Math.ceil(height / tile))
  return rows.flatMap((row) =>
    columns.map((column) => ({
      level,
      column,
      row,
      left: column * tile * across,
      top: row * tile * down,
      right: Math.min(width, (column + 1) * tile) * across,
      bottom: Math.min(height, (row + 1) * tile) * down,
    })),
  )
}

/** Whole numbers from one to another that are at least 0 and below `count`. */
function range(from: number, to: number, count: number): number[] {
  const first = Math.max(0, Math.floor(from))
  const last = Math.min(count, Math.ceil(to))
  return Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i)
}
