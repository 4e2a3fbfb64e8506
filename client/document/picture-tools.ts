import type { ParameterDescription } from '../../nodes/sdk/description.ts'
import type { PictureTool } from '../../nodes/sdk/node.ts'
import { type Graph, linkInto } from './graph.ts'

/** The parameters that a tool sets. */
export function toolParameters(tool: PictureTool): readonly string[] {
  switch (tool.kind) {
    case 'rectangle':
      return [tool.width, tool.height, tool.x, tool.y]
    case 'level':
      return [tool.angle]
  }
}

/** What the parameters of a tool are where it takes nothing of a picture, and does not turn it. */
export function untouchedValues(
  tool: PictureTool,
  parameters: readonly ParameterDescription[],
): Readonly<Record<string, number>> {
  switch (tool.kind) {
    case 'rectangle':
      return {
        [tool.x]: 0,
        [tool.y]: 0,
        [tool.width]: most(parameters, tool.width),
        [tool.height]: most(parameters, tool.height),
      }
    case 'level':
      return { [tool.angle]: 0 }
  }
}

function most(parameters: readonly ParameterDescription[], name: string): number {
  const parameter = parameters.find((one) => one.name === name)
  return parameter?.kind === 'INT' || parameter?.kind === 'FLOAT' ? parameter.max : Number.POSITIVE_INFINITY
}

/** Those of them that a link feeds: nobody sets these by hand. */
export function fedParameters(graph: Graph, node: string, tool: PictureTool): readonly string[] {
  return toolParameters(tool).filter((name) => linkInto(graph, node, name) !== undefined)
}
