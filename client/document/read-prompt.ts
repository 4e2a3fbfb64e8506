import { z } from 'zod'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import { isLink, type Prompt, promptNodeSchema } from '../../server/graph/prompt.ts'
import type { Graph } from './graph.ts'
import type { ReadGraph } from './read-workflow.ts'
import { readWorkflow } from './read-workflow.ts'

const COLUMN = 340
const ROW = 260

const promptSchema = z.record(z.string().max(200), promptNodeSchema)

/** Whether a JSON value looks like a graph in the API format. */
export function isPrompt(json: unknown): boolean {
  return typeof json === 'object' && json !== null && !Array.isArray(json) && promptSchema.safeParse(json).success
}

/**
 * Reads a graph in ComfyUI's API format, which knows no places: nodes go in columns, each right of all that feed it.
 * It becomes a workflow first, so that one reader checks both.
 */
export function readPrompt(json: unknown, types: Catalogue): ReadGraph {
  const prompt: Prompt = promptSchema.parse(json)
  const ids = Object.keys(prompt)
  const columns = columnsOf(prompt, ids)
  const filled: number[] = []
  const links: unknown[] = []
  const nodes = ids.map((id) => {
    const node = prompt[id]
    const column = columns.get(id) ?? 0
    const row = filled[column] ?? 0
    filled[column] = row + 1
    const entries = Object.entries(node?.inputs ?? {})
    const linked = entries.filter(([, value]) => isLink(value))
    const inputs = linked.map(([name, value], slot) => {
      const link = links.length + 1
      if (isLink(value)) links.push([link, value[0], value[1], id, slot, '*'])
      return { name, type: '*', link }
    })
    return {
      id,
      type: node?.class_type,
      pos: [column * COLUMN, row * ROW],
      ...(node?._meta?.title === undefined ? {} : { title: node._meta.title }),
      inputs,
      properties: { params: Object.fromEntries(entries.filter(([, value]) => !isLink(value))) },
    }
  })
  const { graph, problems } = readWorkflow({ nodes, links }, types)
  return { graph: madeHere(graph), problems }
}

/** The workflow above is none of a file: what is saved later is written whole. */
function madeHere(graph: Graph): Graph {
  const without = <Thing extends { readonly source?: unknown }>({ source: _, ...own }: Thing) => own as Thing
  return {
    ...graph,
    nodes: new Map(
      [...graph.nodes].map(([id, node]) => [
        id,
        { ...without(node), inputs: node.inputs.map(without), outputs: node.outputs.map(without) },
      ]),
    ),
    links: new Map([...graph.links].map(([id, link]) => [id, without(link)])),
    source: {},
  }
}

/** For each node the length of the longest way to it; nodes of a circle, and what they feed, stay in the first column. */
function columnsOf(prompt: Prompt, ids: readonly string[]): Map<string, number> {
  const feeding = new Map(ids.map((id) => [id, sourcesOf(prompt, id)]))
  const fed = new Map<string, string[]>()
  const open = new Map<string, number>()
  for (const [id, sources] of feeding) {
    const known = sources.filter((source) => feeding.has(source))
    open.set(id, known.length)
    for (const source of known) fed.get(source)?.push(id) ?? fed.set(source, [id])
  }
  const columns = new Map<string, number>(ids.map((id) => [id, 0]))
  const ready = ids.filter((id) => open.get(id) === 0)
  // The list grows while it is walked.
  for (const id of ready) {
    for (const next of fed.get(id) ?? []) {
      columns.set(next, Math.max(columns.get(next) ?? 0, (columns.get(id) ?? 0) + 1))
      const left = (open.get(next) ?? 0) - 1
      open.set(next, left)
      if (left === 0) ready.push(next)
    }
  }
  return columns
}

/** The nodes that feed a node, each once. */
function sourcesOf(prompt: Prompt, id: string): string[] {
  const links = Object.values(prompt[id]?.inputs ?? {}).filter(isLink)
  return [...new Set(links.map(([source]) => source))]
}
