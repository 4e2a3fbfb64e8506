import sharp, { type Sharp } from 'sharp'
import { depthOf, samplesOf, toDepth } from './samples.ts'
import type { Frame, SampleDepth, Samples } from './values.ts'

/** ComfyUI's names, and the libvips kernels that do the same. */
const KERNELS = {
  'nearest-exact': 'nearest',
  bilinear: 'linear',
  bicubic: 'cubic',
  lanczos: 'lanczos3',
} as const

export const RESIZE_METHODS = ['nearest-exact', 'bilinear', 'area', 'bicubic', 'lanczos'] as const

export type ResizeMethod = (typeof RESIZE_METHODS)[number]

/**
 * Scales a frame to exactly `width` × `height` at its own depth. Float goes through 16 bits, which is what libvips
 * resamples without touching the values, so it is clamped to 0..1 and exact to 2e-4.
 */
export async function resizeFrame(frame: Frame, width: number, height: number, method: ResizeMethod): Promise<Frame> {
  if (width === frame.width && height === frame.height) return frame
  if (method === 'area') return areaResize(frame, width, height)
  if (depthOf(frame.data) === 'float32') {
    return toDepth(await resizeFrame(toDepth(frame, 'uint16'), width, height, method), 'float32')
  }
  const { data } = await sharpOf(frame)
    .resize({ width, height, fit: 'fill', kernel: KERNELS[method] })
    .toColourspace(colourSpaceOf(frame))
    .raw({ depth: depthOf(frame.data) === 'uint16' ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true })
  return { ...frame, width, height, data: viewAs(depthOf(frame.data), data) }
}

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

/** Mean over the rectangle that each sample covers, whole columns and rows as torch's adaptive_avg_pool2d takes them. */
function areaResize(frame: Frame, width: number, height: number): Frame {
  const { channels } = frame
  const data = samplesOf(depthOf(frame.data), width * height * channels)
  const round = data instanceof Float32Array ? (value: number) => value : Math.round
  for (let y = 0; y < height; y++) {
    const top = Math.floor((y * frame.height) / height)
    const bottom = Math.ceil(((y + 1) * frame.height) / height)
    for (let x = 0; x < width; x++) {
      const left = Math.floor((x * frame.width) / width)
      const right = Math.ceil(((x + 1) * frame.width) / width)
      for (let c = 0; c < channels; c++) {
        let sum = 0
        for (let v = top; v < bottom; v++) {
          for (let u = left; u < right; u++) sum += frame.data[(v * frame.width + u) * channels + c]!
        }
        data[(y * width + x) * channels + c] = round(sum / ((bottom - top) * (right - left)))
      }
    }
  }
  return { ...frame, width, height, data }
}
