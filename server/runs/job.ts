import type { NodeUi } from '../../nodes/sdk/node.ts'
import type { JobStatus } from '../protocol/jobs.ts'
import type { RunRecord } from './record.ts'

/** A run as one thing from its submission on; times in milliseconds since 1970. */
export interface Job {
  readonly id: string
  readonly number: number
  readonly status: JobStatus
  readonly prompt: unknown
  readonly extraData: Readonly<Record<string, unknown>>
  readonly record: RunRecord | undefined
  readonly createdAt: number
  readonly startedAt: number | undefined
  readonly endedAt: number | undefined
}

/** Which jobs; by default all, newest first. */
export interface JobQuery {
  readonly status: readonly JobStatus[]
  readonly workflow_id?: string | undefined
  readonly sort_by: 'created_at' | 'execution_duration'
  readonly sort_order: 'asc' | 'desc'
  readonly limit: number
  readonly offset: number
}

/** How a run that has ended went. */
export function outcomeOf({ status }: RunRecord): Exclude<JobStatus, 'pending' | 'in_progress'> {
  if (status.completed) return 'completed'
  return status.messages.some(([type]) => type === 'execution_interrupted') ? 'cancelled' : 'failed'
}

/** A line of GET /api/jobs. */
export function describeJob(job: Job) {
  const outputs = Object.entries(job.record?.outputs ?? {}).flatMap(([node, ui]) => picturesOf(node, ui))
  const failure = job.record?.status.messages.find(([type]) => type === 'execution_error')?.[1]
  const workflow = workflowId(job.extraData)
  return {
    id: job.id,
    status: job.status,
    priority: job.number,
    create_time: job.createdAt,
    ...(job.startedAt !== undefined && { execution_start_time: job.startedAt }),
    ...(job.endedAt !== undefined && { execution_end_time: job.endedAt }),
    ...(failure && { execution_error: failure }),
    outputs_count: outputs.length,
    previewable_outputs_count: outputs.length,
    ...(outputs.length > 0 && { preview_output: outputs.find(({ type }) => type === 'output') ?? outputs[0] }),
    ...(workflow !== undefined && { workflow_id: workflow }),
  }
}

function picturesOf(nodeId: string, ui: NodeUi) {
  const images = [...(ui.images ?? []), ...(ui.a_images ?? []), ...(ui.b_images ?? [])]
  return images.map((image) => ({ ...image, nodeId, mediaType: 'images' }))
}

/** The id that the editor gave the graph. */
function workflowId({ extra_pnginfo: pnginfo }: Job['extraData']): string | undefined {
  const workflow = (pnginfo as { workflow?: { id?: unknown } } | null | undefined)?.workflow
  return typeof workflow?.id === 'string' ? workflow.id : undefined
}
