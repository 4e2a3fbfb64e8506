import type { Weights } from '../weights.ts'
import type { Recognised } from './recognised.ts'
import { rrdbNet } from './rrdbnet.ts'
import { span } from './span.ts'
import { srvggNetCompact } from './srvgg.ts'

/** An architecture: what it makes of a checkpoint's names and shapes, or nothing when these are not its own. */
export type Architecture = (weights: Weights) => Recognised | undefined

/** To support another architecture, write a file like these and list it here. */
export const ARCHITECTURES: readonly Architecture[] = [rrdbNet, span, srvggNetCompact]
