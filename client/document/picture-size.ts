import type { NodeDescription, NumberParameter } from '../../nodes/sdk/description.ts'
import { largestScale, type PictureSize, scaledSize } from '../../nodes/sdk/scaled-size.ts'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import { isLink, type Link, type Prompt } from '../../server/graph/prompt.ts'
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
  if (typeOf(prompt, node, types)?.size?.times !== parameter) return undefined
  const factors: number[] = []
  // A graph may go in circles; the host says so.
  const seen = new Set<string>()
  for (let id = node; !seen.has(id); ) {
    seen.add(id)
    const source = sizeSource(prompt, id, types)
    if (source === undefined) return undefined
    factors.unshift(...source.factors)
    const [from, output] = source.link
    const type = typeOf(prompt, from, types)
    if (type?.outputs[output]?.type !== 'IMAGE') return undefined
    const file = prompt[from]?.inputs[uploadParameter(type) ?? '']
    if (typeof file === 'string' && file !== '') return { file, factors }
    id = from
  }
  return undefined
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
  return { from, to, tooLarge: { largest: largestScale([from], most, parameter) } }
}

/** Of which output the pictures of a node have their size, and by what they are scaled; undefined where it does not say that. */
function sizeSource(
  prompt: Prompt,
  id: string,
  types: Catalogue,
): { readonly link: Link; readonly factors: readonly number[] } | undefined {
  const { of, times, where = {} } = typeOf(prompt, id, types)?.size ?? {}
  const { inputs = {} } = prompt[id] ?? {}
  const link = inputs[of ?? '']
  if (!isLink(link) || Object.entries(where).some(([name, value]) => inputs[name] !== value)) return undefined
  if (times === undefined) return { link, factors: [] }
  const factor = inputs[times]
  return typeof factor === 'number' && factor > 0 ? { link, factors: [factor] } : undefined
}

function typeOf(prompt: Prompt, id: string, types: Catalogue): NodeDescription | undefined {
  return types.get(prompt[id]?.class_type ?? '')
}
