import type { Frame } from '../sdk/values.ts'
import { toDepth } from './samples.ts'

export interface DecodedImage {
  /** RGB, upright; 16-bit files stay uint16. */
  readonly frame: Frame
  /** 1 − alpha as one float channel, where the file has an alpha channel. */
  readonly mask?: Frame
}

/** The colours of a decoded picture as RGB, its alpha as a mask. */
export function toImage(decoded: Frame): DecodedImage {
  const { width, height, channels } = decoded
  if (channels === 3) return { frame: decoded }
  const { colour, alpha } = splitAlpha(decoded.data, channels)
  const frame: Frame = { width, height, channels: 3, data: colour }
  if (alpha === undefined) return { frame }
  const mask = toDepth({ width, height, channels: 1, data: alpha }, 'float32')
  return { frame, mask: { ...mask, data: mask.data.map((value) => 1 - value) } }
}

function splitAlpha(samples: Frame['data'], channels: number): { colour: Frame['data']; alpha?: Frame['data'] } {
  const count = samples.length / channels
  const make = (length: number) => (samples instanceof Uint16Array ? new Uint16Array(length) : new Uint8Array(length))
  const colour = make(count * 3)
  const alpha = channels % 2 === 0 ? make(count) : undefined
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) colour[i * 3 + c] = samples[i * channels + (channels > 2 ? c : 0)]!
    if (alpha !== undefined) alpha[i] = samples[i * channels + channels - 1]!
  }
  return alpha === undefined ? { colour } : { colour, alpha }
}
