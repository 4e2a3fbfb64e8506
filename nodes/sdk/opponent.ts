import { fullScale } from './samples.ts'
import type { Frame } from './values.ts'

/** BT.601 luma and what red and blue differ from it, in shares of full scale. */
export type Opponent<Value> = readonly [luma: Value, red: Value, blue: Value]

const [RED, GREEN, BLUE] = [0.299, 0.587, 0.114]

/** Rows `from`..`to` of a − b, both RGB of the same size. */
export function opponentDifference(a: Frame, b: Frame, from: number, to: number): Opponent<Float32Array> {
  const [first, last] = [from * a.width * 3, to * a.width * 3]
  const [scaleA, scaleB] = [1 / fullScale(a.data), 1 / fullScale(b.data)]
  const [luma, red, blue] = [plane(first, last), plane(first, last), plane(first, last)]
  for (let i = 0, at = first; at < last; i++, at += 3) {
    const r = a.data[at]! * scaleA - b.data[at]! * scaleB
    const g = a.data[at + 1]! * scaleA - b.data[at + 1]! * scaleB
    const v = a.data[at + 2]! * scaleA - b.data[at + 2]! * scaleB
    const y = RED * r + GREEN * g + BLUE * v
    luma[i] = y
    red[i] = r - y
    blue[i] = v - y
  }
  return [luma, red, blue]
}

/** Luma of rows `from`..`to` of an RGB picture. */
export function lumaRows({ data, width }: Frame, from: number, to: number): Float32Array {
  const [first, last] = [from * width * 3, to * width * 3]
  const scale = 1 / fullScale(data)
  const luma = plane(first, last)
  for (let i = 0, at = first; at < last; i++, at += 3) {
    luma[i] = (RED * data[at]! + GREEN * data[at + 1]! + BLUE * data[at + 2]!) * scale
  }
  return luma
}

/** `frame` plus a difference, from row `from` of the frame on, written to `to`, which is laid out as the frame. */
export function addOpponent(
  frame: Frame,
  [luma, red, blue]: Opponent<Float32Array>,
  from: number,
  to: Float32Array,
): void {
  const { data, width } = frame
  const scale = 1 / fullScale(data)
  for (let i = 0, at = from * width * 3; i < luma.length; i++, at += 3) {
    const [y, r, b] = [luma[i]!, red[i]!, blue[i]!]
    to[at] = data[at]! * scale + y + r
    to[at + 1] = data[at + 1]! * scale + y - (RED * r + BLUE * b) / GREEN
    to[at + 2] = data[at + 2]! * scale + y + b
  }
}

function plane(first: number, last: number): Float32Array {
  return new Float32Array((last - first) / 3)
}
