import type { Catalogue } from '../../server/graph/catalogue.ts'
import { type Graph, type GraphNode, linkInto } from './graph.ts'
import { fieldLabel } from './parameters.ts'
import { titleOf, typeOf } from './virtual-types.ts'

/** What is drawn of a node, in words: `GenDR Restore. image from Load Image, model from nothing. scale 4, strength 1.` */
export function nodeWords(graph: Graph, node: GraphNode, types: Catalogue): string {
  const type = typeOf(graph, node, types)
  const fed = node.inputs.map(({ name }) => ({ name, link: linkInto(graph, node.id, name) }))
  const fields = (type?.parameters ?? []).filter(({ name }) => !fed.some((input) => input.name === name && input.link))
  const sockets = fed.filter(
    ({ name, link }) => link !== undefined || type?.inputs.some((input) => input.name === name),
  )
  const sources = sockets.map(({ name, link }) => {
    const source = link && graph.nodes.get(link.from)
    return `${fieldLabel(name)} from ${source ? titleOf(graph, source, types) : 'nothing'}`
  })
  const values = fields.map((field) => `${fieldLabel(field.name)} ${node.params[field.name] ?? field.default ?? ''}`)
  return [titleOf(graph, node, types), sources.join(', '), values.join(', ')]
    .filter((part) => part !== '')
    .map((part) => `${part}.`)
    .join(' ')
}
