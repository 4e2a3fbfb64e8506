import type { Catalogue } from '../../server/graph/catalogue.ts'
import { isLink, type Link, type Prompt } from '../../server/graph/prompt.ts'
import { uploadParameter } from '../document/picture-inputs.ts'
import { type FileReference, inputReference } from './address.ts'
import { shownBefore } from './partial-run.ts'
import type { NodeOutput, RunBoard } from './run-board.ts'

/** A picture that goes into a node. */
export interface InputPicture {
  readonly file: FileReference
  /** Whether it is of a run, so that a graph that was edited since may give another. */
  readonly isOfRun: boolean
}

/** Under which name nodes that show pictures say what came into an input. */
const SHOWN: readonly (readonly [input: string, key: 'images' | 'a_images' | 'b_images'])[] = [
  ['images', 'images'],
  ['image_a', 'a_images'],
  ['image_b', 'b_images'],
]

/**
 * What goes into an input of a node: the file that is loaded for it, else what a run has shown of the output that feeds it,
 * the latest run before others.
 * @param prompt in which links are followed through subgraphs and past what is bypassed
 * @param node as the prompt calls it
 * @returns undefined where no run has shown it
 */
export function inputPicture(
  prompt: Prompt,
  node: string,
  input: string,
  types: Catalogue,
  { nodes, outputs }: Pick<RunBoard, 'nodes' | 'outputs'>,
): InputPicture | undefined {
  const source = prompt[node]?.inputs[input]
  // A node that is bypassed is in no prompt; a run for what goes into it may still have shown that.
  const link = isLink(source) ? source : undefined
  const loaded = link && loadedBy(prompt, link, types)
  if (loaded !== undefined) return { file: inputReference(loaded), isOfRun: false }
  const latestLast = [...outputs].sort(([a], [b]) => Number(nodes.has(a)) - Number(nodes.has(b)))
  const files = latestLast.flatMap(([id, output]) =>
    id === shownBefore(node, input) ? (output.images?.[0] ?? []) : shownOf(prompt, id, output, link),
  )
  const file = files.at(-1)
  return file && { file, isOfRun: true }
}

/** The name of the picture that a node loads and an output gives. */
function loadedBy(prompt: Prompt, [id, output]: Link, types: Catalogue): string | undefined {
  const { class_type = '', inputs = {} } = prompt[id] ?? {}
  const type = types.get(class_type)
  const name = inputs[uploadParameter(type) ?? '']
  return typeof name === 'string' && type?.outputs[output]?.type === 'IMAGE' ? name : undefined
}

/** The first picture of an output, where a node shows it. */
function shownOf(prompt: Prompt, id: string, output: NodeOutput, source: Link | undefined): FileReference[] {
  for (const [input, key] of SHOWN) {
    const link = prompt[id]?.inputs[input]
    const file = output[key]?.[0]
    if (isLink(link) && link[0] === source?.[0] && link[1] === source[1] && file !== undefined) return [file]
  }
  return []
}
