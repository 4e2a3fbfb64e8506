import type { Catalogue } from '../../server/graph/catalogue.ts'
import { type Graph, linkInto, linksOf, NODE_MODES } from './graph.ts'
import { uploadParameter } from './picture-inputs.ts'
import { fedParameters, untouchedValues } from './picture-tools.ts'
import { titleOf, typeOf } from './virtual-types.ts'

/** A node whose tool somebody has set, so that it cuts or turns every picture. */
export interface SetTool {
  readonly node: string
  readonly title: string
  /** What its parameters are, those of the tool. */
  readonly values: Readonly<Record<string, unknown>>
  /** What the picture that goes into it is loaded from; undefined where none is. */
  readonly picture: string | undefined
}

/** The nodes of a level that run and whose tool is set. */
export function setTools(graph: Graph, types: Catalogue): SetTool[] {
  return [...graph.nodes.values()].flatMap((node) => {
    const type = typeOf(graph, node, types)
    const tool = type?.tool
    if (tool === undefined || node.mode !== NODE_MODES.always || fedParameters(graph, node.id, tool).length > 0)
      return []
    const untouched = Object.entries(untouchedValues(tool, type?.parameters ?? []))
    const values = Object.fromEntries(untouched.map(([name]) => [name, node.params[name]]))
    if (untouched.every(([name, value]) => values[name] === value)) return []
    const link = linkInto(graph, node.id, tool.on)
    const picture = link && pictureAbove(graph, link.from, types)
    return [{ node: node.id, title: titleOf(graph, node, types), values, picture }]
  })
}

/** The picture that is loaded by a node, or by the nearest before it that loads one. */
function pictureAbove(graph: Graph, start: string, types: Catalogue): string | undefined {
  // It grows while it is gone through; a graph may go in circles.
  const reached = new Set([start])
  for (const id of reached) {
    const node = graph.nodes.get(id)
    const name = node?.params[uploadParameter(node && typeOf(graph, node, types)) ?? '']
    if (typeof name === 'string' && name !== '') return name
    for (const { from, to } of linksOf(graph, new Set([id]))) if (to === id) reached.add(from)
  }
  return undefined
}
