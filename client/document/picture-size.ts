import type { NumberParameter } from '../../nodes/sdk/description.ts'
import { largestScale, type PictureSize, scaledSize } from '../../nodes/sdk/scaled-size.ts'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import { isLink, type Link, type Prompt } from '../../server/graph/prompt.ts'
import { largestOnStep } from './parameters.ts'
import { uploadParameter } from './picture-inputs.ts'

/** A picture that a graph loads, and the factors that its sides are scaled by one after the other. */
export interface ScaledPicture {
  /** As LoadImage calls it. */
  readonly file: string
  readonly factors: readonly number[]
}

/** What a scale makes of a picture. */
export interface Outcome {
  /** Of the picture that goes into the node, and of the one that comes out. */
  readonly from: PictureSize
  readonly to: PictureSize
  /** Where that is more than the host makes: the largest scale that the parameter takes and that fits, if there is one. */
  readonly tooLarge?: { readonly largest: number | undefined }
}

/**
 * What a parameter of a node scales, by it last, where the graph alone says it: the picture is loaded, and each node on its
 * way says how large its pictures are.
 * @param prompt in which links are followed through subgraphs and past what is bypassed
 */
export function scaledBy(prompt: Prompt, node: string, parameter: string, types: Catalogue): ScaledPicture | undefined {
  const { class_type = '' } = prompt[node] ?? {}
  return types.get(class_type)?.size?.times === parameter ? madeBy(prompt, node, types, new Set()) : undefined
}

/** @param size of the file. @param most pixels that the host makes a picture of */
export function outcomeOf(
  { factors }: ScaledPicture,
  size: PictureSize,
  parameter: NumberParameter,
  most: number,
): Outcome {
  const from = factors.slice(0, -1).reduce(scaledSize, size)
  const to = factors.slice(-1).reduce(scaledSize, from)
  if (to.width * to.height <= most) return { from, to }
  return { from, to, tooLarge: { largest: largestOnStep(parameter, largestScale([from], most)) } }
}

function madeBy(prompt: Prompt, id: string, types: Catalogue, seen: ReadonlySet<string>): ScaledPicture | undefined {
  const { class_type = '', inputs = {} } = prompt[id] ?? {}
  const rule = types.get(class_type)?.size
  const source = inputs[rule?.of ?? '']
  // A graph may go in circles; the host says so.
  if (rule === undefined || !isLink(source) || seen.has(id)) return undefined
  if (Object.entries(rule.where ?? {}).some(([name, value]) => inputs[name] !== value)) return undefined
  const before = givenBy(prompt, source, types, new Set([...seen, id]))
  if (before === undefined || rule.times === undefined) return before
  const factor = inputs[rule.times]
  return typeof factor === 'number' && factor > 0 ? { ...before, factors: [...before.factors, factor] } : undefined
}

function givenBy(
  prompt: Prompt,
  [id, output]: Link,
  types: Catalogue,
  seen: ReadonlySet<string>,
): ScaledPicture | undefined {
  const { class_type = '', inputs = {} } = prompt[id] ?? {}
  const type = types.get(class_type)
  if (type?.outputs[output]?.type !== 'IMAGE') return undefined
  const file = inputs[uploadParameter(type) ?? '']
  return typeof file === 'string' && file !== '' ? { file, factors: [] } : madeBy(prompt, id, types, seen)
}
