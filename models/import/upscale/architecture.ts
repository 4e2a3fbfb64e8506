import type { Feature } from '../graph-builder.ts'
import type { Network } from '../network.ts'
import type { Weights } from '../weights.ts'
import { rrdbNet } from './rrdbnet.ts'
import { span } from './span.ts'
import { srvggNetCompact } from './srvgg.ts'

/** A network that its tensors' names and shapes gave away. */
export interface Recognised {
  /** The name of its paper or code. */
  readonly architecture: string
  /** What about it varies, for people: widths and depths. */
  readonly details: string
  readonly scale: number
  /** Channels of the picture, in and out. */
  readonly channels: number
  /** The picture's sides must be multiples of this. */
  readonly paddingMultiple: number
  /** Pixels [B, channels, H, W] in 0..1 to [B, channels, scale·H, scale·W]. */
  build(network: Network, pixels: Feature): Feature
}

/** An architecture: what it makes of a checkpoint's names and shapes, or nothing when these are not its own. */
export type Architecture = (weights: Weights) => Recognised | undefined

/** To support another architecture, write a file like these and list it here. */
export const ARCHITECTURES: readonly Architecture[] = [rrdbNet, span, srvggNetCompact]
