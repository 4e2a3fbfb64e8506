import { LUMA } from '../pixels/luma.ts'
import { fullScale, toRgb } from '../pixels/samples.ts'
import type { Frame, Tensor } from '../sdk/values.ts'
import type { IqaInput } from './iqa-input.ts'

/** What black and white become; `mean` and `std` are of values in 0..1, of R, G and B. */
const RANGES = {
  '0 to 1': { scale: 1, mean: [0, 0, 0], std: [1, 1, 1] },
  '0 to 255': { scale: 255, mean: [0, 0, 0], std: [1, 1, 1] },
  '-1 to 1': { scale: 1, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  // torchvision's and CLIP's published constants.
  ImageNet: { scale: 1, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  CLIP: {
    scale: 1,
    mean: [0.48145466, 0.4578275, 0.40821073],
    std: [0.26862954, 0.26130258, 0.27577711],
  },
} as const

export type IqaRange = keyof typeof RANGES

export const IQA_RANGES = Object.keys(RANGES) as [IqaRange, ...IqaRange[]]

/** A frame as the network takes it: [1, C, H, W] or [1, H, W, C]. */
export function iqaTensor(frame: Frame, { layout, channels, isBytes }: IqaInput, range: IqaRange): Tensor {
  const { width, height, data: samples } = toRgb(frame)
  const { scale, mean, std } = RANGES[isBytes ? '0 to 255' : range]
  const unit = 1 / fullScale(samples)
  const area = width * height
  const data = new Float32Array(area * channels)
  // Integers are cut off on the way: half a step more rounds them.
  const offset = isBytes ? 0.5 : 0
  const put = (pixel: number, channel: number, value: number) => {
    const to = layout === 'nchw' ? channel * area + pixel : pixel * channels + channel
    data[to] = ((Math.min(1, Math.max(0, value)) - mean[channel]!) / std[channel]!) * scale + offset
  }
  for (let pixel = 0, at = 0; pixel < area; pixel++, at += 3) {
    const [red, green, blue] = [samples[at]! * unit, samples[at + 1]! * unit, samples[at + 2]! * unit]
    if (channels === 1) put(pixel, 0, LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue)
    else {
      put(pixel, 0, red)
      put(pixel, 1, green)
      put(pixel, 2, blue)
    }
  }
  const dims = layout === 'nchw' ? [1, channels, height, width] : [1, height, width, channels]
  return { data, dims }
}
