import { z } from 'zod'
import { stemOf } from '../../server/graph/filenames.ts'
import { loadedPictures } from '../../server/graph/loaded-pictures.ts'
import { type Prompt, promptNodeSchema } from '../../server/graph/prompt.ts'
import { JOB_STATUSES, type JobStatus } from '../../server/protocol/jobs.ts'
import { executionMessageSchema, nodeOutputSchema } from '../../server/protocol/messages.ts'
import type { FileReference } from './address.ts'
import type { NodeOutput, Warning } from './run-board.ts'

export type RunStage = 'running' | 'waiting' | 'done' | 'failed' | 'cancelled'

/** What the list shows of all runs. */
export interface RunsNow {
  /** What goes on, the first that wait in their order, and the latest that are over. */
  readonly runs: readonly RunEntry[]
  /** How many wait, those that are not listed too. */
  readonly waiting: number
}

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
  /** What nodes warned of. */
  readonly warnings: readonly Warning[]
  /** What was loaded, as the person would call the run; empty where nothing was. */
  readonly title: string
  /** Milliseconds that each node took. */
  readonly times: ReadonlyMap<string, number>
}

const prompt = z.record(z.string(), promptNodeSchema)
const extraData = z.looseObject({ extra_pnginfo: z.looseObject({ workflow: z.unknown() }).partial().optional() })
const item = z.tuple([z.number(), z.string(), prompt, extraData]).rest(z.unknown())

const outputs = z.record(z.string(), nodeOutputSchema).default({})
const status = z.looseObject({
  completed: z.boolean().default(false),
  messages: z
    .array(z.tuple([z.string(), z.looseObject({ timestamp: z.number().optional() })]))
    .default([])
    .catch([]),
})
const times = z.record(z.string(), z.number()).default({}).catch({})

export const recordsSchema = z.record(z.string(), z.looseObject({ prompt: item, outputs, status, node_times: times }))

/** What GET /api/jobs/{id} says. */
export const jobSchema = z.looseObject({
  id: z.string(),
  status: z.enum(JOB_STATUSES),
  workflow: z.looseObject({ prompt, extra_data: extraData }),
  outputs,
  execution_status: status.nullable().default(null),
  times: z.looseObject({ nodes: times }),
})

export type WholeJob = z.infer<typeof jobSchema>
type Ending = z.infer<typeof status>

const STAGES = {
  pending: 'waiting',
  in_progress: 'running',
  completed: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
} as const satisfies Record<JobStatus, RunStage>

export function stageOf(status: JobStatus): RunStage {
  return STAGES[status]
}

export function isOver(stage: RunStage): boolean {
  return stage !== 'waiting' && stage !== 'running'
}

/** A run in whatever state. */
export function runOf({ id, status, workflow, outputs, execution_status: ending, times }: WholeJob): RunEntry {
  const run = queuedRun(id, workflow.prompt, workflow.extra_data, stageOf(status))
  return ending === null ? run : endedRun(run, outputs, ending, times.nodes)
}

/** Runs that are over, the latest first. */
export function pastRuns(records: z.infer<typeof recordsSchema>): RunEntry[] {
  const runs = Object.values(records).map(({ prompt: [, id, graph, extra], outputs, status, node_times }) => {
    const wasStopped = status.messages.some(([type]) => type === 'execution_interrupted')
    const stage = status.completed ? 'done' : wasStopped ? 'cancelled' : 'failed'
    return endedRun(queuedRun(id, graph, extra, stage), outputs, status, node_times)
  })
  return inOrder(runs)
}

/** What nodes warned of in a run, by how it ended. */
export function warningsIn({ messages }: Ending): Warning[] {
  return messages.flatMap(([type, data]) => {
    const { data: message } = executionMessageSchema.safeParse({ type, data })
    return message?.type === 'execution_warning' ? [{ node: message.data.node_id, text: message.data.text }] : []
  })
}

/** What goes on, what waits as it came, then what is over, the latest first. */
export function inOrder(runs: readonly RunEntry[]): RunEntry[] {
  return [
    ...runs.filter(({ stage }) => stage === 'running'),
    ...runs.filter(({ stage }) => stage === 'waiting'),
    ...runs.filter(({ stage }) => isOver(stage)).sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0)),
  ]
}

/** Pictures by which a run is called: more have no room. */
const MOST_NAMED = 3

function queuedRun(id: string, graph: Prompt, extra: z.infer<typeof extraData>, stage: RunStage): RunEntry {
  const workflow = extra.extra_pnginfo?.workflow
  const title = loadedPictures(graph).slice(0, MOST_NAMED).join(', ')
  const nothing = { pictures: [], startedAt: null, endedAt: null, error: null, warnings: [], times: new Map() }
  return { id, stage, prompt: graph, workflow, title, ...nothing }
}

function endedRun(
  run: RunEntry,
  outputs: Readonly<Record<string, NodeOutput>>,
  status: Ending,
  times: Readonly<Record<string, number>>,
): RunEntry {
  const messages = new Map(status.messages)
  const failure = messages.get('execution_error')
  return {
    ...run,
    pictures: picturesOf(Object.values(outputs)),
    times: new Map(Object.entries(times)),
    startedAt: messages.get('execution_start')?.timestamp ?? null,
    endedAt: status.messages.at(-1)?.[1].timestamp ?? null,
    error: failure === undefined ? null : String(failure.exception_message ?? 'It failed.').trim(),
    warnings: warningsIn(status),
  }
}

/** What a result is saved as: after the picture that it was made of, where its own name does not say it. */
export function resultName({ filename }: FileReference, { title }: Pick<RunEntry, 'title'>): string {
  const stem = stemOf(title)
  return filename.includes(stem) ? filename : `${stem} ${filename}`
}

/** Characters of a name that the host takes for a ZIP, and more than anybody reads. */
const LONGEST_NAME = 150

/** What a ZIP of its results is called: as the host does, where nothing was loaded. */
export function zipName({ title }: Pick<RunEntry, 'title'>): { readonly name?: string } {
  return title === '' ? {} : { name: `${stemOf(title).slice(0, LONGEST_NAME)}.zip` }
}

function picturesOf(outputs: readonly NodeOutput[]): FileReference[] {
  const all = outputs.flatMap(({ images = [], b_images = [] }) => [...images, ...b_images])
  return [...all.filter(({ type }) => type === 'output'), ...all.filter(({ type }) => type !== 'output')]
}
