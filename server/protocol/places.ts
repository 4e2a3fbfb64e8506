import type { RunEvent } from './events.ts'

/** Where a node stands: itself for those of the submitted graph, else the node that it belongs to. */
export interface Place {
  /** The node of the submitted graph. */
  readonly display: string
  /** The node that was expanded to it. */
  readonly parent: string | null
}

/** Knows where the nodes of a run stand, from its events. */
export class Places {
  readonly #expanded = new Map<string, Place>()

  add(event: RunEvent): void {
    if (event.type !== 'expanded') return
    for (const id of event.nodes) this.#expanded.set(id, { display: event.display, parent: event.node })
  }

  of(node: string): Place {
    return this.#expanded.get(node) ?? { display: node, parent: null }
  }
}
