import type { NodeDescription } from '../../nodes/sdk/description.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Catalogue } from './catalogue.ts'
import { isLink, type Link, type Prompt, type PromptNode } from './prompt.ts'

/** A node with its inputs sorted into links and constants. */
export interface PlannedNode {
  readonly id: string
  readonly description: NodeDescription
  /** Inputs and parameters that come from another node. */
  readonly links: Readonly<Record<string, Link>>
  /** Constants of the inputs and parameters. */
  readonly values: Readonly<Record<string, unknown>>
  /** The nodes that have to be done before this one starts: those of links that are neither lazy nor raw. */
  readonly dependencies: readonly string[]
  /** The nodes of all links. */
  readonly sources: readonly string[]
}

export interface Plan {
  /** What the outputs reach, sources first. */
  readonly order: readonly string[]
  readonly nodes: ReadonlyMap<string, PlannedNode>
}

/** Plans a validated graph: linear in its size, independent of the order of its keys among equals. */
export function planRun(prompt: Prompt, outputs: readonly string[], catalogue: Catalogue): Plan {
  return planNodes((id) => (Object.hasOwn(prompt, id) ? prompt[id] : undefined), outputs, catalogue, new Set())
}

/**
 * Plans what some nodes reach.
 * @param known nodes that are planned already: links may lead to them, and they are left out
 * @throws RestorationError `workflow_invalid` when a node or its class is not there, or links run in a circle
 */
export function planNodes(
  nodeOf: (id: string) => PromptNode | undefined,
  outputs: readonly string[],
  catalogue: Catalogue,
  known: { has(id: string): boolean },
): Plan {
  const nodes = new Map<string, PlannedNode>()
  const order = new Set<string>()
  const stack = outputs.filter((id) => !known.has(id)).reverse()
  while (stack.length > 0) {
    const id = stack[stack.length - 1]!
    const node = nodes.get(id)
    if (node === undefined) {
      const draft = draftNode(id, nodeOf(id), catalogue)
      nodes.set(id, draft)
      for (let i = draft.sources.length - 1; i >= 0; i--) {
        const source = draft.sources[i]!
        if (known.has(source) || order.has(source)) continue
        // Drafted and not in order yet: this node is one of those that it needs.
        if (nodes.has(source)) throw circle(source)
        stack.push(source)
      }
    } else {
      stack.pop()
      order.add(id)
    }
  }
  return { order: [...order], nodes }
}

function draftNode(id: string, node: PromptNode | undefined, catalogue: Catalogue): PlannedNode {
  const description = catalogue.get(node?.class_type ?? '')
  if (node === undefined || description === undefined) {
    const what = node === undefined ? `There is no node '${id}'` : `Node '${id}' is of the class '${node.class_type}'`
    throw new RestorationError('workflow_invalid', `${what}, which the graph needs.`, 'Correct the graph.')
  }
  const links: Record<string, Link> = {}
  const values: Record<string, unknown> = {}
  const strong = new Set<string>()
  const sources = new Set<string>()
  for (const input of [...description.inputs, ...description.parameters]) {
    if (!Object.hasOwn(node.inputs, input.name)) continue
    const value = node.inputs[input.name]
    if (!isLink(value)) {
      values[input.name] = value
      continue
    }
    links[input.name] = value
    sources.add(value[0])
    if (!('type' in input && (input.lazy === true || input.raw === true))) strong.add(value[0])
  }
  return { id, description, links, values, dependencies: [...strong], sources: [...sources] }
}

function circle(id: string): RestorationError {
  return new RestorationError('workflow_invalid', `The links run in a circle at node '${id}'.`, 'Remove one of them.')
}
