import { LUMA } from '../pixels/luma.ts'
import { fullScale, toRgb } from '../pixels/samples.ts'
import type { Frame } from '../sdk/values.ts'

/** One channel of float64, row by row. */
export interface Plane {
  readonly width: number
  readonly height: number
  readonly data: Float64Array
}

/** Y of ITU-R BT.601 in studio range, 16..235, as papers on super-resolution measure it. */
export function studioLuma(frame: Frame): Plane {
  return weighted(frame, 65.481, 128.553, 24.966, 16)
}

/** Y of ITU-R BT.601 in full range, 0..255. */
export function fullLuma(frame: Frame): Plane {
  const [red, green, blue] = LUMA
  return weighted(frame, red * 255, green * 255, blue * 255, 0)
}

function weighted(frame: Frame, red: number, green: number, blue: number, offset: number): Plane {
  const { width, height, data } = toRgb(frame)
  const scale = 1 / fullScale(data)
  const luma = new Float64Array(width * height)
  for (let i = 0, at = 0; i < luma.length; i++, at += 3) {
    luma[i] = offset + scale * (red * data[at]! + green * data[at + 1]! + blue * data[at + 2]!)
  }
  return { width, height, data: luma }
}
