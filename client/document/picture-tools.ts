import type { PictureTool } from '../../nodes/sdk/node.ts'
import { type Graph, linkInto } from './graph.ts'

/** The parameters that a tool sets. */
export function toolParameters(tool: PictureTool): readonly string[] {
  switch (tool.kind) {
    case 'rectangle':
      return [tool.x, tool.y, tool.width, tool.height]
    case 'level':
      return [tool.angle]
  }
}

/** Those of them that a link feeds: nobody sets these by hand. */
export function fedParameters(graph: Graph, node: string, tool: PictureTool): readonly string[] {
  return toolParameters(tool).filter((name) => linkInto(graph, node, name) !== undefined)
}
