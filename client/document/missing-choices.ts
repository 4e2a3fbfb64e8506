import { installedAs } from '../../nodes/sdk/model-name.ts'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import { type Graph, linkInto } from './graph.ts'
import { fieldLabel } from './parameters.ts'
import { titleOf } from './virtual-types.ts'

/**
 * What nodes of a graph have chosen that this host does not have, a model for the most part: a sentence for each node and
 * field, with what its tooltip says of how to come to it. Pictures are not looked for: a node shows that it has none.
 */
export function missingChoices(graph: Graph, types: Catalogue): string[] {
  return [...graph.nodes.values()].flatMap((node) =>
    (types.get(node.type)?.parameters ?? []).flatMap((parameter) => {
      const value = node.params[parameter.name]
      if (parameter.kind !== 'COMBO' || parameter.optionsFrom !== undefined) return []
      if (typeof value !== 'string' || value === '' || installedAs(value, parameter.options) !== undefined) return []
      if (linkInto(graph, node.id, parameter.name) !== undefined) return []
      const words = `${titleOf(graph, node, types)}: this host has no ‘${value}’ for ‘${fieldLabel(parameter.name)}’.`
      return [[words, 'Choose another.', parameter.tooltip].filter(Boolean).join(' ')]
    }),
  )
}
