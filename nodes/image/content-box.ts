import { hasAlpha } from '../pixels/channels.ts'
import { fullScale } from '../pixels/samples.ts'
import type { Frame } from '../sdk/values.ts'

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/**
 * The smallest rectangle outside of which a frame is background: transparent, or within `tolerance` (0..1) of the colour
 * that most corners have. A line counts as background as long as no more than `share` of it differs, so that dust does not
 * hold the border. Undefined where all is background.
 */
export function contentBox(frame: Frame, tolerance: number, share: number): Box | undefined {
  const { width, height } = frame
  const isContent = hasAlpha(frame) ? isOpaque(frame, tolerance) : differs(frame, tolerance)
  const rows = new Uint32Array(height)
  const columns = new Uint32Array(width)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!isContent(y * width + x)) continue
      rows[y]!++
      columns[x]!++
    }
  }
  const across = ends(columns, share * height)
  const along = ends(rows, share * width)
  if (across === undefined || along === undefined) return undefined
  return { x: across.start, y: along.start, width: across.end - across.start, height: along.end - along.start }
}

function ends(counts: Uint32Array, limit: number): { start: number; end: number } | undefined {
  const start = counts.findIndex((count) => count > limit)
  return start < 0 ? undefined : { start, end: counts.findLastIndex((count) => count > limit) + 1 }
}

function isOpaque({ channels, data }: Frame, tolerance: number): (pixel: number) => boolean {
  const limit = tolerance * fullScale(data)
  return (pixel) => data[pixel * channels + channels - 1]! > limit
}

function differs(frame: Frame, tolerance: number): (pixel: number) => boolean {
  const { channels, data } = frame
  const limit = tolerance * fullScale(data)
  const background = cornerColour(frame)
  return (pixel) => background.some((value, c) => Math.abs(data[pixel * channels + c]! - value) > limit)
}

/** The middle of the four corners' values, channel by channel: one corner that differs does not count. */
function cornerColour({ width, height, channels, data }: Frame): number[] {
  const corners = [0, width - 1, (height - 1) * width, height * width - 1]
  return Array.from({ length: channels }, (_, c) => {
    const values = corners.map((pixel) => data[pixel * channels + c]!).sort((a, b) => a - b)
    return (values[1]! + values[2]!) / 2
  })
}
