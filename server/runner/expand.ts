import { RestorationError } from '../../nodes/sdk/error.ts'
import { Expansion, type GraphNode } from '../../nodes/sdk/expansion.ts'
import type { Catalogue } from '../graph/catalogue.ts'
import { isLink, type Link } from '../graph/prompt.ts'
import type { Answer } from './call-node.ts'

/** The graphs of a node's answers under the ids that they have in the run. */
export interface Placed {
  readonly nodes: Readonly<Record<string, GraphNode>>
  readonly resolve: (link: Link, call: number) => Link
  /** Output nodes, which run whether or not a result needs them. */
  readonly roots: readonly string[]
  /** The nodes whose outputs become those of the node. */
  readonly results: readonly string[]
}

/**
 * Gives the nodes of expansions ids of the run, `{parent}.{call}.0.{own id}` as in ComfyUI, and fills in the defaults of
 * their parameters.
 * @throws RestorationError `workflow_invalid` when a class is not there
 */
export function placeNodes(parent: string, answers: readonly Answer[], catalogue: Catalogue): Placed {
  const nodes: Record<string, GraphNode> = {}
  const roots: string[] = []
  const results = new Set<string>()
  const resolve = ([id, slot]: Link, call: number): Link => {
    const answer = answers[call]
    const isInside = answer instanceof Expansion && Object.hasOwn(answer.nodes, id)
    return [isInside ? innerId(parent, call, id) : id, slot]
  }
  for (const [call, answer] of answers.entries()) {
    if (!(answer instanceof Expansion)) continue
    for (const [id, node] of Object.entries(answer.nodes)) {
      const description = catalogue.get(node.class_type)
      if (description === undefined) {
        throw new RestorationError(
          'workflow_invalid',
          `Node ${parent} expands to a node of the class '${node.class_type}', which is not there.`,
          'Install the nodes that provide it.',
        )
      }
      const defaults = description.parameters.map((parameter) => [parameter.name, parameter.default] as const)
      const inputs = Object.entries(node.inputs).map(
        ([name, value]) => [name, isLink(value) ? resolve(value, call) : value] as const,
      )
      const inner = innerId(parent, call, id)
      nodes[inner] = { class_type: node.class_type, inputs: Object.fromEntries([...defaults, ...inputs]) }
      if (description.outputNode) roots.push(inner)
    }
    for (const made of Object.values(answer.outputs)) {
      for (const part of Array.isArray(made) && !isLink(made) ? made : [made]) {
        if (isLink(part)) results.add(resolve(part, call)[0])
      }
    }
  }
  return { nodes, resolve, roots, results: [...results] }
}

function innerId(parent: string, call: number, id: string): string {
  return `${parent}.${call}.0.${id}`
}
