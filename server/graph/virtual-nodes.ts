/**
 * Nodes that live in the browser alone, ComfyUI's own and those of widespread packs, by what becomes of them before anything
 * runs: comments go, others hand on what feeds them (a GetNode of KJNodes what feeds the SetNode of its name), a primitive
 * is the value that it holds.
 */
const VIRTUAL_NODES = {
  Note: 'comment',
  MarkdownNote: 'comment',
  Reroute: 'passing',
  'Reroute (rgthree)': 'passing',
  SetNode: 'passing',
  GetNode: 'passing',
  PrimitiveNode: 'primitive',
} as const

export type VirtualNode = keyof typeof VIRTUAL_NODES

export const REROUTE = 'Reroute' satisfies VirtualNode
export const PRIMITIVE = 'PrimitiveNode' satisfies VirtualNode
export const SETTER = 'SetNode' satisfies VirtualNode
export const GETTER = 'GetNode' satisfies VirtualNode

export function isVirtual(type: string): type is VirtualNode {
  return Object.hasOwn(VIRTUAL_NODES, type)
}

export function isComment(type: string): boolean {
  return isVirtual(type) && VIRTUAL_NODES[type] === 'comment'
}

export function isPassing(type: string): boolean {
  return isVirtual(type) && VIRTUAL_NODES[type] === 'passing'
}
