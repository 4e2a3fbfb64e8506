import type { PictureTool } from '../../nodes/sdk/node.ts'

/** The parameters that a tool sets. */
export function toolParameters(tool: PictureTool): readonly string[] {
  switch (tool.kind) {
    case 'rectangle':
      return [tool.x, tool.y, tool.width, tool.height]
    case 'level':
      return [tool.angle]
  }
}
