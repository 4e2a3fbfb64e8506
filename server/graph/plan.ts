import type { NodeDescription } from '../../nodes/sdk/description.ts'
import type { Catalogue } from './catalogue.ts'
import { isLink, type Link, type Prompt } from './prompt.ts'

/** A node with its inputs sorted into links and constants. */
export interface PlannedNode {
  readonly id: string
  readonly description: NodeDescription
  /** Inputs and parameters that come from another node. */
  readonly links: Readonly<Record<string, Link>>
  /** Constants of the parameters. */
  readonly values: Readonly<Record<string, unknown>>
  readonly dependencies: readonly string[]
  readonly dependents: readonly string[]
}

export interface Plan {
  /** What the outputs need, dependencies first. */
  readonly order: readonly string[]
  readonly nodes: ReadonlyMap<string, PlannedNode>
}

/** Plans a validated graph: linear in its size, independent of the order of its keys among equals. */
export function planRun(prompt: Prompt, outputs: readonly string[], catalogue: Catalogue): Plan {
  const drafts = new Map<string, PlannedNode & { readonly dependents: string[] }>()
  const order = new Set<string>()
  const stack = [...outputs].reverse()
  while (stack.length > 0) {
    const id = stack[stack.length - 1]!
    const known = drafts.get(id)
    if (known === undefined) {
      const draft = draftNode(id, prompt, catalogue)
      drafts.set(id, draft)
      stack.push(...draft.dependencies.filter((other) => !drafts.has(other)).reverse())
    } else {
      stack.pop()
      if (order.has(id)) continue
      order.add(id)
      for (const other of known.dependencies) drafts.get(other)?.dependents.push(id)
    }
  }
  return { order: [...order], nodes: drafts }
}

function draftNode(id: string, prompt: Prompt, catalogue: Catalogue): PlannedNode & { readonly dependents: string[] } {
  const node = prompt[id]
  const description = catalogue.get(node?.class_type ?? '')
  if (node === undefined || description === undefined) throw new Error(`node ${id} was not validated`)
  const links: Record<string, Link> = {}
  const values: Record<string, unknown> = {}
  for (const input of [...description.inputs, ...description.parameters]) {
    if (!Object.hasOwn(node.inputs, input.name)) continue
    const value = node.inputs[input.name]
    if (isLink(value)) links[input.name] = value
    else values[input.name] = value
  }
  const dependencies = [...new Set(Object.values(links).map(([source]) => source))]
  return { id, description, links, values, dependencies, dependents: [] }
}
