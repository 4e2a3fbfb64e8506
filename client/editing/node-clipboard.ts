import type { Catalogue } from '../../server/graph/catalogue.ts'
import { entryOf } from '../../server/graph/entry.ts'
import type { GraphView } from '../canvas/graph-view.ts'
import { connect } from '../document/connect.ts'
import type { GraphDocument } from '../document/document.ts'
import { insertGraph, partOf } from '../document/edits.ts'
import type { Graph, Point } from '../document/graph.ts'
import type { EditHistory } from '../document/history.ts'
import { mayTake } from '../document/instances.ts'
import { readGraphText } from '../document/read-file.ts'
import { writeWorkflow } from '../document/write-workflow.ts'
import type { Telling } from '../telling.ts'

interface ClipboardParts {
  readonly document: GraphDocument
  readonly history: EditHistory
  readonly view: Pick<GraphView, 'selected' | 'selectedGroups' | 'select'>
  readonly types: () => Catalogue
  readonly telling: Telling
}

/** Nodes and groups as text, out of the graph and into it. */
export class NodeClipboard {
  readonly #parts: ClipboardParts

  constructor(parts: ClipboardParts) {
    this.#parts = parts
  }

  /** What copying puts on the clipboard; nothing where nothing is selected. */
  copied(): string | undefined {
    const { document, view, types } = this.#parts
    const { graph } = document
    const part = partOf(graph, view.selected, view.selectedGroups)
    if (part.nodes.size === 0 && part.groups.size === 0) return undefined
    // What feeds the copy from outside, for a paste that keeps those links.
    const feeds = [...graph.links.values()]
      .filter(({ from, to }) => part.nodes.has(to) && !part.nodes.has(from))
      .map(({ from, output, to, input }) => [from, output, to, input])
    return JSON.stringify({ ...writeWorkflow(part, types()), extra: { feeds } })
  }

  /** @param keepsLinks whether what fed the copied nodes feeds the pasted ones too, where it is here */
  paste(text: string, at: Point, keepsLinks = false): void {
    const { document, history, view, types, telling } = this.#parts
    telling.try(() => {
      const { graph: other } = readGraphText(text, types())
      if (!mayTake(document.whole, document.level, other)) {
        telling.toasts.show('warning', 'A subgraph cannot hold itself.')
        return
      }
      history.together(() => {
        const { changes, ids, groups } = insertGraph(document.graph, other, [Math.round(at[0]), Math.round(at[1])])
        document.commit(changes)
        if (keepsLinks) this.#feedAgain(other, ids)
        view.select(ids, groups)
      })
    })
  }

  /** Puts what the clipboard holds at a point, where the browser lets us read it. */
  async pasteFromClipboard(at: Point): Promise<void> {
    // A page that is not secure has no clipboard.
    const text = await navigator.clipboard?.readText().catch(() => undefined)
    if (text !== undefined) return this.paste(text, at)
    this.#parts.telling.toasts.show('warning', 'The browser did not let us read the clipboard. Press Ctrl+V instead.')
  }

  #feedAgain(other: Graph, made: readonly string[]): void {
    const { document, types } = this.#parts
    const renamed = new Map([...other.nodes.keys()].map((id, i) => [id, made[i] ?? '']))
    const { feeds } = entryOf(other.source.extra) ?? {}
    for (const feed of Array.isArray(feeds) ? feeds.slice(0, 1000) : []) {
      const [from, output, to, input] = Array.isArray(feed) ? feed : []
      const wish = {
        from: String(from),
        output: Number(output),
        to: renamed.get(String(to)) ?? '',
        input: String(input),
      }
      const connection = connect(document.graph, wish, types())
      if (connection.ok) document.commit(connection.changes)
    }
  }
}
