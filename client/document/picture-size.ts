import type { NodeDescription, NumberParameter } from '../../nodes/sdk/description.ts'
import { largestScale, type PictureSize } from '../../nodes/sdk/scaled-size.ts'
import { afterStep, type SizeStep, sizeSteps } from '../../nodes/sdk/size-rule.ts'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import { isLink, type Link, type Prompt } from '../../server/graph/prompt.ts'
import { uploadParameter } from './picture-inputs.ts'

/** A picture that a graph loads, and what becomes of its size, one step after the other. */
export interface ScaledPicture {
  /** As LoadImage calls it. */
  readonly file: string
  readonly steps: readonly SizeStep[]
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
  const steps: SizeStep[] = []
  // A graph may go in circles; the host says so.
  const seen = new Set<string>()
  for (let id = node; !seen.has(id); ) {
    seen.add(id)
    const source = sizeSource(prompt, id, types)
    if (source === undefined) return undefined
    steps.unshift(...source.steps)
    const [from, output] = source.link
    const type = typeOf(prompt, from, types)
    if (type?.outputs[output]?.type !== 'IMAGE') return undefined
    const file = prompt[from]?.inputs[uploadParameter(type) ?? '']
    if (typeof file === 'string' && file !== '') return { file, steps }
    id = from
  }
  return undefined
}

/** @param size of the file. @param most pixels that the host makes a picture of */
export function outcomeOf(
  { steps }: ScaledPicture,
  size: PictureSize,
  parameter: NumberParameter,
  most: number,
): Outcome {
  const from = steps.slice(0, -1).reduce(afterStep, size)
  const to = steps.slice(-1).reduce(afterStep, from)
  if (to.width * to.height <= most) return { from, to }
  return { from, to, tooLarge: { largest: largestScale([from], most, parameter) } }
}

/** Of which output the pictures of a node have their size, and what becomes of that; undefined where it does not say it. */
function sizeSource(
  prompt: Prompt,
  id: string,
  types: Catalogue,
): { readonly link: Link; readonly steps: readonly SizeStep[] } | undefined {
  const rule = typeOf(prompt, id, types)?.size
  const { inputs = {} } = prompt[id] ?? {}
  const link = rule && inputs[rule.of]
  const steps = rule && sizeSteps(rule, inputs)
  return isLink(link) && steps !== undefined ? { link, steps } : undefined
}

function typeOf(prompt: Prompt, id: string, types: Catalogue): NodeDescription | undefined {
  return types.get(prompt[id]?.class_type ?? '')
}
