import { z } from 'zod'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import { isLink, type Prompt, promptNodeSchema } from '../../server/graph/prompt.ts'
import type { ReadGraph } from './read-workflow.ts'
import { readWorkflow } from './read-workflow.ts'

const MAX_NODES = 5000
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
  const ids = Object.keys(prompt).slice(0, MAX_NODES)
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
  return readWorkflow({ nodes, links }, types)
}

/** For each node the length of the longest way to it; a circle ends where it began. */
function columnsOf(prompt: Prompt, ids: readonly string[]): Map<string, number> {
  const columns = new Map<string, number>(ids.map((id) => [id, 0]))
  for (let round = 0, moved = true; moved && round < ids.length; round++) {
    moved = false
    for (const id of ids) {
      for (const value of Object.values(prompt[id]?.inputs ?? {})) {
        const before = isLink(value) ? columns.get(value[0]) : undefined
        if (before === undefined || before + 1 <= (columns.get(id) ?? 0) || before + 1 >= ids.length) continue
        columns.set(id, before + 1)
        moved = true
      }
    }
  }
  return columns
}
