import { invalidCheckpoint } from '../failure.ts'
import type { Shape } from '../stored-tensor.ts'
import type { Weights } from '../weights.ts'

/** How many different numbers `pattern` captures among the tensors' names. */
export function countModules(weights: Weights, pattern: RegExp): number {
  return new Set(weights.names.flatMap((name) => pattern.exec(name)?.[1] ?? [])).size
}

/** The shape of a tensor that must be there with that many axes. */
export function shapeOf(weights: Weights, name: string, axes: number): Shape {
  const shape = weights.shapeOf(name)
  if (shape?.length === axes) return shape
  const found = shape ? `[${shape.join(', ')}]` : 'none'
  throw invalidCheckpoint(`${weights.place}: expected tensor ${name} of ${axes} axes, found ${found}.`)
}

/** The scale of a last layer that gives `outputs` channels for pixel shuffle to a picture of `channels`. */
export function shuffleScale(weights: Weights, name: string, outputs: number, channels: number): number {
  const scale = Math.sqrt(outputs / channels)
  if (Number.isInteger(scale)) return scale
  throw invalidCheckpoint(`${weights.place}: expected ${name} to give ${channels}·s² channels, got ${outputs}.`)
}
