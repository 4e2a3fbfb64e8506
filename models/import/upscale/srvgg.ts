import { add, convolution, enlargeNearest, pixelShuffle, prelu } from '../layers.ts'
import type { Weights } from '../weights.ts'
import { shapeOf, shuffleScale } from './names.ts'
import type { Recognised } from './recognised.ts'

/**
 * SRVGGNetCompact: plain convolutions with PReLU, then pixel shuffle over the nearest neighbour (Real-ESRGAN's
 * realesrgan/archs/srvgg_arch.py; realesr-general-x4v3, realesr-animevideov3 and many of the community's).
 */
export function srvggNetCompact(weights: Weights): Recognised | undefined {
  if (!weights.has('body.0.weight') || weights.shapeOf('body.1.weight')?.length !== 1) return undefined
  const indices = weights.names.flatMap((name) => /^body\.(\d+)\.weight$/.exec(name)?.[1] ?? []).map(Number)
  const last = Math.max(...indices)
  const [width, channels] = shapeOf(weights, 'body.0.weight', 4) as [number, number]
  const [outputs] = shapeOf(weights, `body.${last}.weight`, 4) as [number]
  const scale = shuffleScale(weights, `body.${last}`, outputs, channels)
  return {
    architecture: 'SRVGGNetCompact',
    details: `${last / 2 + 1} convolutions of ${width} channels`,
    scale,
    channels,
    paddingMultiple: 1,
    build(network, pixels) {
      let x = pixels
      for (let index = 0; index < last; index += 2) {
        x = convolution(network, `body.${index}`, x, { out: width, size: 3 })
        x = prelu(network, `body.${index + 1}`, x)
      }
      x = convolution(network, `body.${last}`, x, { out: outputs, size: 3 })
      const base = enlargeNearest(network, 'base', pixels, scale)
      return add(network, 'base', pixelShuffle(network, 'upsampler', x, scale), base)
    },
  }
}
