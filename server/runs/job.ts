import type { NodeUi } from '../../nodes/sdk/node.ts'
import { entryOf } from '../graph/entry.ts'
import type { JobStatus } from '../protocol/jobs.ts'
import type { RunRecord } from './record.ts'

/** A run as one thing from its submission on, as far as lists show it; times in milliseconds since 1970. */
export interface ListedJob {
  readonly id: string
  readonly number: number
  readonly status: JobStatus
  /** The id that the editor gave the graph. */
  readonly workflow: string | undefined
  /** Once it has ended. */
  readonly summary: JobSummary | undefined
  readonly createdAt: number
  readonly startedAt: number | undefined
  readonly endedAt: number | undefined
}

/** The whole of it. */
export interface Job extends ListedJob {
  readonly prompt: unknown
  readonly extraData: Readonly<Record<string, unknown>>
  readonly record: RunRecord | undefined
}

/** What lists show of a run that has ended. */
export interface JobSummary {
  readonly pictures: number
  readonly preview?: object
  readonly error?: object
}

/** Which jobs; by default all, newest first. */
export interface JobQuery {
  readonly status: readonly JobStatus[]
  readonly workflow_id?: string | undefined
  /** By `priority` what waits is in the order in which it will start. */
  readonly sort_by: 'created_at' | 'execution_duration' | 'priority'
  readonly sort_order: 'asc' | 'desc'
  readonly limit: number
  readonly offset: number
}

/** How a run that has ended went. */
export function outcomeOf({ status }: RunRecord): Exclude<JobStatus, 'pending' | 'in_progress'> {
  if (status.completed) return 'completed'
  return status.messages.some(([type]) => type === 'execution_interrupted') ? 'cancelled' : 'failed'
}

export function summaryOf(record: RunRecord): JobSummary {
  const pictures = picturesOf(record.outputs)
  const [preview] = pictures
  const error = record.status.completed ? undefined : failureOf(record)
  return { pictures: pictures.length, ...(preview && { preview }), ...(error && { error }) }
}

/** What a run failed with. */
export function failureOf({ status }: RunRecord): object | undefined {
  return status.messages.findLast(([type]) => type === 'execution_error')?.[1]
}

/** Every picture of a run, with the node that made it; those that were saved come before those that were only shown. */
export function picturesOf(outputs: Readonly<Record<string, NodeUi>>) {
  const pictures = Object.entries(outputs).flatMap(([nodeId, ui]) =>
    [...(ui.images ?? []), ...(ui.a_images ?? []), ...(ui.b_images ?? [])].map((image) => ({
      ...image,
      nodeId,
      mediaType: 'images',
    })),
  )
  return [...pictures.filter(({ type }) => type === 'output'), ...pictures.filter(({ type }) => type !== 'output')]
}

/** A line of GET /api/jobs. */
export function describeJob({ summary, ...job }: ListedJob) {
  const pictures = summary?.pictures ?? 0
  return {
    id: job.id,
    status: job.status,
    priority: job.number,
    create_time: job.createdAt,
    ...(job.startedAt !== undefined && { execution_start_time: job.startedAt }),
    ...(job.endedAt !== undefined && { execution_end_time: job.endedAt }),
    ...(summary?.error && { execution_error: summary.error }),
    outputs_count: pictures,
    previewable_outputs_count: pictures,
    ...(summary?.preview && { preview_output: summary.preview }),
    ...(job.workflow !== undefined && { workflow_id: job.workflow }),
  }
}

/** Milliseconds that a run waited and ran, and that each of its nodes took; null where it has not come to that. */
export function timesOf({ createdAt, startedAt, endedAt, record }: Job) {
  return {
    queued: between(createdAt, startedAt),
    run: between(startedAt, endedAt),
    nodes: record?.node_times ?? {},
  }
}

/** Not less than nothing, also where the clock was set back meanwhile. */
function between(start: number | undefined, end: number | undefined): number | null {
  return start === undefined || end === undefined ? null : Math.max(0, end - start)
}

/** The id that the editor gave the graph. */
export function workflowId({ extra_pnginfo: pnginfo }: Job['extraData']): string | undefined {
  const id = entryOf(entryOf(pnginfo)?.workflow)?.id
  return typeof id === 'string' ? id : undefined
}

/** What a run has saved; where that is nothing, what it has shown. */
export function resultsOf({ record }: Pick<Job, 'record'>): ReturnType<typeof picturesOf> {
  const pictures = picturesOf(record?.outputs ?? {})
  const saved = pictures.filter(({ type }) => type === 'output')
  return saved.length > 0 ? saved : pictures
}
