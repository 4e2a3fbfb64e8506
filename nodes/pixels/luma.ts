import type { Frame } from '../sdk/values.ts'

/** How much red, green and blue count for Y (ITU-R BT.601). */
export const LUMA = [0.299, 0.587, 0.114] as const

/** The luma of a row of the frame, of colours within 0..1. */
export function lumaRow({ width, data }: Frame, y: number, result: Float32Array): void {
  const [red, green, blue] = LUMA
  for (let x = 0, at = 3 * y * width; x < width; x++, at += 3)
    result[x] = red * unit(data[at]!) + green * unit(data[at + 1]!) + blue * unit(data[at + 2]!)
}

function unit(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value
}
