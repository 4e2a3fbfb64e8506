import type { JobStatus } from '../protocol/jobs.ts'
import type { RunRequest } from '../runner/messages.ts'
import type { ListedJob } from './job.ts'

/** A run that an earlier host has left behind. */
export interface RunRow {
  readonly id: string
  readonly sequence: number
  readonly number: number
  readonly client: string | null
  readonly delivery: RunRequest['delivery']
  readonly crashes: number
  readonly shape: string | null
}

/** What clients asked for, and the record of it, as JSON text. */
export interface ItemRow {
  readonly id: string
  readonly number: number
  readonly prompt: string
  readonly extra: string
  readonly outputs: string
  readonly record: string | null
}

/** What lists of jobs show. */
export interface JobRow {
  readonly id: string
  readonly number: number
  readonly job: JobStatus
  readonly workflow: string | null
  readonly summary: string | null
  readonly created_at: number
  readonly started_at: number | null
  readonly finished_at: number | null
}

export function toListed(row: JobRow): ListedJob {
  return {
    id: row.id,
    number: row.number,
    status: row.job,
    workflow: row.workflow ?? undefined,
    summary: row.summary === null ? undefined : JSON.parse(row.summary),
    createdAt: row.created_at,
    startedAt: row.started_at ?? undefined,
    endedAt: row.finished_at ?? undefined,
  }
}

/** JSON text of ComfyUI's queue item `[number, id, prompt, extra_data, outputs]`. */
export function itemText(row: ItemRow): string {
  return `[${row.number},${JSON.stringify(row.id)},${row.prompt},${row.extra},${row.outputs}]`
}

/** JSON text of a history record. The stored one is a JSON object that is never empty; `prompt` goes in front of its members. */
export function recordText(row: ItemRow): string {
  return `{"prompt":${itemText(row)},${row.record?.slice(1)}`
}
