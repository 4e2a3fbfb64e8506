import type { LLink } from 'litegraph.js/build/litegraph.core.js'
import type { GraphGroup, GraphLink, Reroute } from '../document/graph.ts'
import type { NodeView } from './node-view.ts'

/** A group as it is drawn and dragged; the document hears of it when the gesture ends. */
export interface GroupView {
  readonly model: GraphGroup
  bounding: [number, number, number, number]
  /** It goes with the nodes that are selected. */
  isSelected: boolean
}

export interface RerouteView {
  readonly model: Reroute
  position: [number, number]
  /** Of a link that runs through it. */
  color: string
}

/** A link between two nodes in view, in the shape that litegraph asks for when somebody takes hold of it. */
export interface LinkView extends LLink {
  readonly model: GraphLink
  readonly from: NodeView
  readonly to: NodeView
  readonly color: string
  /** Types that do not agree; the host would refuse it. */
  readonly broken: boolean
  readonly points: readonly RerouteView[]
}

/** What is drawn beside the nodes. */
export interface Layout {
  readonly groups: Map<string, GroupView>
  readonly reroutes: Map<number, RerouteView>
  readonly links: Map<number, LinkView>
}

/** The title band of a group, in the graph's units. */
export const GROUP_TITLE = 34
const CORNER = 16

export type Handle =
  | { readonly kind: 'reroute'; readonly reroute: RerouteView }
  | { readonly kind: 'group' | 'group-corner'; readonly group: GroupView }

/** What can be taken hold of at a point: reroutes before groups, later groups before earlier ones. */
export function handleAt(
  { groups, reroutes }: Layout,
  [x, y]: readonly [number, number],
  scale: number,
): Handle | undefined {
  for (const reroute of reroutes.values()) {
    if (Math.hypot(x - reroute.position[0], y - reroute.position[1]) <= Math.max(8, 8 / scale)) {
      return { kind: 'reroute', reroute }
    }
  }
  for (const group of [...groups.values()].reverse()) {
    const [left, top, width, height] = group.bounding
    if (x < left || y < top || x > left + width || y > top + height) continue
    if (x > left + width - CORNER && y > top + height - CORNER) return { kind: 'group-corner', group }
    if (y < top + GROUP_TITLE) return { kind: 'group', group }
  }
  return undefined
}
