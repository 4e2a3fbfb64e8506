import { z } from 'zod'
import { type Prompt, promptNodeSchema } from '../../server/graph/prompt.ts'
import { nodeOutputSchema } from '../../server/protocol/messages.ts'
import { type FileReference, inputReference } from './address.ts'

export type RunStage = 'running' | 'waiting' | 'done' | 'failed' | 'cancelled'

/** One run as the list shows it. */
export interface RunEntry {
  readonly id: string
  readonly stage: RunStage
  /** The graph in the API format, and in the editor's where the run came with it. */
  readonly prompt: Prompt
  readonly workflow: unknown
  /** What it saved or showed; saved pictures first. */
  readonly pictures: readonly FileReference[]
  /** Milliseconds since 1970; null while it waits. */
  readonly startedAt: number | null
  readonly endedAt: number | null
  readonly error: string | null
  /** What was loaded, as the person would call the run; empty where nothing was. */
  readonly title: string
  /** Milliseconds that each node took. */
  readonly times: ReadonlyMap<string, number>
}

const prompt = z.record(z.string(), promptNodeSchema)
const extraData = z.looseObject({ extra_pnginfo: z.looseObject({ workflow: z.unknown() }).partial().optional() })
const item = z.tuple([z.number(), z.string(), prompt, extraData]).rest(z.unknown())

export const queueSchema = z.looseObject({
  queue_running: z.array(item).default([]),
  queue_pending: z.array(item).default([]),
})

export const recordsSchema = z.record(
  z.string(),
  z.looseObject({
    prompt: item,
    outputs: z.record(z.string(), nodeOutputSchema).default({}),
    status: z.looseObject({
      completed: z.boolean().default(false),
      messages: z
        .array(z.tuple([z.string(), z.looseObject({ timestamp: z.number().optional() })]))
        .default([])
        .catch([]),
    }),
    node_times: z.record(z.string(), z.number()).default({}).catch({}),
  }),
)

type Item = z.infer<typeof item>
type PastRecord = z.infer<typeof recordsSchema>[string]

/** What goes on, what waits in its order, then what is over, the latest first. */
export function runList(
  { queue_running, queue_pending }: z.infer<typeof queueSchema>,
  records: z.infer<typeof recordsSchema>,
): RunEntry[] {
  const over = Object.values(records).map(pastRun)
  return [
    ...queue_running.map((queued) => queuedRun(queued, 'running')),
    ...queue_pending.map((queued) => queuedRun(queued, 'waiting')),
    ...over.sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0)),
  ]
}

function queuedRun([, id, graph, extra]: Item, stage: RunStage): RunEntry {
  const workflow = extra.extra_pnginfo?.workflow
  const title = titleOf(graph)
  const nothing = { pictures: [], startedAt: null, endedAt: null, error: null, times: new Map() }
  return { id, stage, prompt: graph, workflow, title, ...nothing }
}

/** The names of the pictures that a graph loads. */
function titleOf(graph: Prompt): string {
  const names = Object.values(graph).flatMap(({ class_type, inputs }) =>
    class_type === 'LoadImage' && typeof inputs.image === 'string' ? [inputReference(inputs.image).filename] : [],
  )
  return [...new Set(names)].slice(0, 3).join(', ')
}

function pastRun({ prompt: queued, outputs, status, node_times }: PastRecord): RunEntry {
  const messages = new Map(status.messages)
  const failure = messages.get('execution_error')
  const cancelled = messages.has('execution_interrupted')
  return {
    ...queuedRun(queued, status.completed ? 'done' : cancelled ? 'cancelled' : 'failed'),
    pictures: picturesOf(Object.values(outputs)),
    times: new Map(Object.entries(node_times)),
    startedAt: messages.get('execution_start')?.timestamp ?? null,
    endedAt: status.messages.at(-1)?.[1].timestamp ?? null,
    error: failure === undefined ? null : String(failure.exception_message ?? 'It failed.').trim(),
  }
}

function picturesOf(outputs: readonly z.infer<typeof nodeOutputSchema>[]): FileReference[] {
  const all = outputs.flatMap(({ images = [], b_images = [] }) => [...images, ...b_images])
  return [...all.filter(({ type }) => type === 'output'), ...all.filter(({ type }) => type !== 'output')]
}
