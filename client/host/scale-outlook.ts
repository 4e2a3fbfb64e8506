import type { NumberParameter } from '../../nodes/sdk/description.ts'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import type { Prompt } from '../../server/graph/prompt.ts'
import { PRIMITIVE } from '../../server/graph/virtual-nodes.ts'
import type { GraphDocument } from '../document/document.ts'
import type { Graph } from '../document/graph.ts'
import { type Outcome, outcomeOf, type ScaledPicture, scaledBy } from '../document/picture-size.ts'
import { writePrompt } from '../document/write-workflow.ts'
import { inputReference } from './address.ts'
import type { PictureSizes } from './picture-sizes.ts'

interface OutlookParts {
  readonly document: Pick<GraphDocument, 'whole' | 'subscribe'>
  readonly types: () => Catalogue
  readonly sizes: Pick<PictureSizes, 'of'>
  /** Pixels of the largest picture that the host makes, once it has said so. */
  readonly mostPixels: () => number | undefined
  /** More is known, or something else. */
  readonly measured: () => void
}

/** Milliseconds after the last of several edits: a large graph takes a while to become a prompt. */
const PAUSE = 200

/** What comes of a scale, and the most that the host makes, in pixels. */
export interface Outlook extends Outcome {
  readonly most: number
}

/** Says before a graph is run what its scales make of its pictures, where that is certain. */
export class ScaleOutlook {
  readonly #parts: OutlookParts
  /** Of the graph as it is, or was a moment ago. */
  #known:
    | {
        readonly types: Catalogue
        readonly prompt: Prompt | undefined
        readonly scaled: Map<string, ScaledPicture | undefined>
      }
    | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(parts: OutlookParts) {
    this.#parts = parts
    parts.document.subscribe(({ kind }) => {
      clearTimeout(this.#timer)
      if (kind === 'opened') this.#known = undefined
      if (this.#known !== undefined) this.#timer = setTimeout(() => this.#renew(), PAUSE)
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
    const { sizes, mostPixels } = this.#parts
    const scaled = this.#scaledBy(node, name)
    if (scaled === undefined) return undefined
    const size = sizes.of(inputReference(scaled.file))
    if (size === undefined) return undefined
    const most = mostPixels() ?? Number.POSITIVE_INFINITY
    return { ...outcomeOf(scaled, size, parameter, most), most }
  }

  #scaledBy(node: string, parameter: string): ScaledPicture | undefined {
    const { document, types: typesNow } = this.#parts
    const types = typesNow()
    if (this.#known?.types !== types) {
      this.#known = { types, prompt: promptOf(document.whole, types), scaled: new Map() }
    }
    const { prompt, scaled } = this.#known
    const key = JSON.stringify([node, parameter])
    if (!scaled.has(key)) scaled.set(key, prompt && scaledBy(prompt, node, parameter, types))
    return scaled.get(key)
  }

  #renew(): void {
    this.#known = undefined
    this.#parts.measured()
  }
}

/** Undefined where the graph cannot be run. */
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
