import type { NumberParameter } from '../nodes/sdk/description.ts'
import type { Catalogue } from '../server/graph/catalogue.ts'
import type { Prompt } from '../server/graph/prompt.ts'
import { PRIMITIVE } from '../server/graph/virtual-nodes.ts'
import type { GraphDocument } from './document/document.ts'
import type { Graph } from './document/graph.ts'
import { type Outcome, outcomeOf, scaledBy } from './document/picture-size.ts'
import { writePrompt } from './document/write-workflow.ts'
import { inputReference } from './host/address.ts'
import type { PictureSizes } from './host/picture-sizes.ts'

interface OutlookParts {
  readonly document: Pick<GraphDocument, 'whole' | 'subscribe'>
  readonly types: () => Catalogue
  readonly sizes: Pick<PictureSizes, 'of'>
  /** Pixels of the largest picture that the host makes, once it has said so. */
  readonly mostPixels: () => number | undefined
}

/** What comes of a scale, and the most that the host makes, in pixels. */
export interface Outlook extends Outcome {
  readonly most: number
}

/** Says before a graph is run what its scales make of its pictures, where that is certain. */
export class ScaleOutlook {
  readonly #parts: OutlookParts
  /** Of the graph as it is now. */
  #known: { readonly types: Catalogue; readonly prompt: Prompt | undefined } | undefined

  constructor(parts: OutlookParts) {
    this.#parts = parts
    parts.document.subscribe(() => {
      this.#known = undefined
    })
  }

  /** @param node as a run calls it; a primitive says it of the first that it feeds and of which it is certain */
  of(node: string, parameter: NumberParameter): Outlook | undefined {
    const { whole } = this.#parts.document
    for (const [id, name] of scalesOf(whole, node, parameter.name)) {
      const outlook = this.#outlookOf(id, name, parameter)
      if (outlook !== undefined) return outlook
    }
    return undefined
  }

  #outlookOf(node: string, name: string, parameter: NumberParameter): Outlook | undefined {
    const { types, sizes, mostPixels } = this.#parts
    const scaled = this.#prompt && scaledBy(this.#prompt, node, name, types())
    if (scaled === undefined) return undefined
    const size = sizes.of(inputReference(scaled.file))
    if (size === undefined) return undefined
    const most = mostPixels() ?? Number.POSITIVE_INFINITY
    return { ...outcomeOf(scaled, size, parameter, most), most }
  }

  /** Undefined where the graph cannot be run. */
  get #prompt(): Prompt | undefined {
    const types = this.#parts.types()
    if (this.#known?.types !== types) this.#known = { types, prompt: promptOf(this.#parts.document.whole, types) }
    return this.#known.prompt
  }
}

function promptOf(graph: Graph, types: Catalogue): Prompt | undefined {
  try {
    return writePrompt(graph, types)
  } catch {
    return undefined
  }
}

/** The parameters that a field sets: its own, and of a primitive those that it feeds. */
function scalesOf(graph: Graph, node: string, parameter: string): (readonly [node: string, parameter: string])[] {
  if (graph.nodes.get(node)?.type !== PRIMITIVE) return [[node, parameter]]
  return [...graph.links.values()].filter(({ from }) => from === node).map(({ to, input }) => [to, input] as const)
}
