import type { Catalogue } from '../../server/graph/catalogue.ts'
import { isLink } from '../../server/graph/prompt.ts'
import type { Graph } from '../document/graph.ts'
import { runTitle } from '../document/run-nodes.ts'
import type { FileReference } from './address.ts'
import type { UpTo } from './order.ts'
import type { NodeOutput, RunBoard } from './run-board.ts'

/** The files that a node shows. */
export interface ShownFiles {
  readonly pictures: readonly FileReference[]
  /** Two that are compared. */
  readonly compared?: Compared
  /** What was saved of the one after, which itself is only shown. */
  readonly saved?: FileReference
}

export interface Compared {
  readonly before: FileReference
  readonly after: FileReference
}

/**
 * What is worth a look once a run has ended well: what the node shows that it went up to, else its comparison.
 * @param graph that was run, whichever level of it is in view
 * @returns nothing where there is no such node, or not any more
 */
export function resultOf(
  board: RunBoard,
  upTo: UpTo | undefined,
  graph: Graph,
  types: Catalogue,
): { title: string; files: ShownFiles } | undefined {
  const compared = comparedIn(board)?.node
  const { node, shown } = upTo ?? { node: compared, shown: compared }
  if (node === undefined || shown === undefined) return undefined
  const title = runTitle(graph, node, types)
  return title === undefined
    ? undefined
    : { title, files: { ...shownFiles(board.outputs.get(shown)), ...savedOf(board, shown) } }
}

/** What a run has saved of the one after that a node compares: when it ran, both came from one output. */
export function savedOf({ prompt, outputs }: RunBoard, node: string): Pick<ShownFiles, 'saved'> {
  const source = prompt[node]?.inputs.image_b
  if (!isLink(source)) return {}
  for (const [id, { inputs }] of Object.entries(prompt)) {
    const [saved] = savedFiles(outputs.get(id))
    if (saved !== undefined && isLink(inputs.images) && inputs.images.join() === source.join()) return { saved }
  }
  return {}
}

/** The first node of a run that compares two pictures. */
export function comparedIn({ nodes, outputs }: RunBoard): { node: string; compared: Compared } | undefined {
  for (const node of nodes.keys()) {
    const { compared } = shownFiles(outputs.get(node))
    if (compared !== undefined) return { node, compared }
  }
  return undefined
}

/** What the nodes of a run said of their work, or only what they warned of, after the title of each. @param graph that was run */
export function wordsOfRun(
  { nodes }: RunBoard,
  graph: Graph,
  types: Catalogue,
  what: 'said' | 'warnings' = 'said',
): string[] {
  return [...nodes].flatMap(([id, { [what]: lines = [] }]) => {
    const title = lines.length === 0 ? undefined : runTitle(graph, id, types)
    return lines.map((line) => (title === undefined ? line : `${title}: ${line}`))
  })
}

/** What a node shows of what a run has made for it. */
export function shownFiles(output: NodeOutput | undefined): ShownFiles {
  const [before, after] = [output?.a_images?.[0], output?.b_images?.[0]]
  if (before !== undefined && after !== undefined) return { pictures: [before, after], compared: { before, after } }
  return { pictures: filesOf(output) }
}

/** What a node has written to the output folder. */
export function savedFiles(output: NodeOutput | undefined): FileReference[] {
  return (output?.images ?? []).filter(({ type }) => type === 'output')
}

/** All files that a run has made for a node. */
export function filesOf(output: NodeOutput | undefined): FileReference[] {
  return [...(output?.images ?? []), ...(output?.a_images ?? []), ...(output?.b_images ?? [])]
}
