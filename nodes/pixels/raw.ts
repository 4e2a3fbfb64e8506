import sharp, { type Sharp } from 'sharp'
import type { Frame, SampleDepth, Samples } from '../sdk/values.ts'
import { depthOf } from './samples.ts'

/** libvips' name for integer samples as they are: no conversion happens on the way out. */
export function colourSpaceOf({ channels, data }: Frame): 'b-w' | 'grey16' | 'srgb' | 'rgb16' {
  const deep = depthOf(data) === 'uint16'
  if (channels < 3) return deep ? 'grey16' : 'b-w'
  return deep ? 'rgb16' : 'srgb'
}

/** A sharp pipeline that starts from raw samples, untouched by colour management. */
export function sharpOf(frame: Frame): Sharp {
  const { width, height, channels, data } = frame
  return sharp(data, { raw: { width, height, channels }, limitInputPixels: false })
}

/** The bytes of a raw buffer as samples; copies only where the buffer is not aligned. */
export function viewAs(depth: SampleDepth, bytes: Buffer): Samples {
  if (depth === 'uint8') return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const size = depth === 'uint16' ? 2 : 4
  const aligned = bytes.byteOffset % size === 0 ? bytes : Uint8Array.from(bytes)
  const length = bytes.byteLength / size
  return depth === 'uint16'
    ? new Uint16Array(aligned.buffer, aligned.byteOffset, length)
    : new Float32Array(aligned.buffer, aligned.byteOffset, length)
}
