import type { Feature } from '../graph-builder.ts'
import type { Network } from '../network.ts'

/** A network that its tensors' names and shapes gave away. */
export interface Recognised {
  /** The name of its paper or code. */
  readonly architecture: string
  /** What about it varies, for people: widths and depths. */
  readonly details: string
  readonly scale: number
  /** Channels of the picture, in and out. */
  readonly channels: number
  /** Tensors that checkpoints carry and the network does without; any other would belong to a variant that computes something else. */
  readonly leftOver?: RegExp
  /** The picture's sides must be multiples of this. */
  readonly paddingMultiple: number
  /** Pixels [B, channels, H, W] in 0..1 to [B, channels, scale·H, scale·W]. */
  build(network: Network, pixels: Feature): Feature
}
