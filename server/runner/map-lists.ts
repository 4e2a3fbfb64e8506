import type { NodeUi } from '../../nodes/sdk/node.ts'

/** Each input as the list of its values. */
export type InputLists = Readonly<Record<string, readonly unknown[]>>

/**
 * The calls that list inputs mean: one for each index of the longest list, shorter lists repeating their last value
 * (ComfyUI execution.py, _map_node_over_list). No call when a list is empty.
 */
export function callsOf(lists: InputLists): readonly Readonly<Record<string, unknown>>[] {
  const values = Object.values(lists)
  if (values.some((list) => list.length === 0)) return []
  const count = values.reduce((most, list) => Math.max(most, list.length), 1)
  return Array.from({ length: count }, (_, i) =>
    Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, list[Math.min(i, list.length - 1)]])),
  )
}

/** The lists of what several calls show, joined. */
export function joinUi(parts: readonly (NodeUi | undefined)[]): NodeUi | null {
  const joined: Record<string, unknown[]> = {}
  for (const part of parts) {
    for (const [name, list] of Object.entries(part ?? {})) {
      joined[name] ??= []
      joined[name].push(...list)
    }
  }
  return Object.keys(joined).length === 0 ? null : joined
}
