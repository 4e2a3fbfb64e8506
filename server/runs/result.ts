import type { FileReference } from '../../nodes/sdk/context.ts'
import { entryOf } from '../graph/entry.ts'
import type { FileIndex } from '../storage/file-index.ts'
import { failureOf, type Job, picturesOf, timesOf } from './job.ts'

export type Result = ReturnType<typeof resultOf>

/** What a run has come to, for whoever sent it: the answer of POST /api/runs, and what its webhook tells. */
export function resultOf(job: Job, index: Pick<FileIndex, 'of'>) {
  const { id, status, record } = job
  const outputs = picturesOf(record?.outputs ?? {}).map(({ nodeId, mediaType, ...file }) => {
    const sha256 = index.of(file)?.sha256
    return { node: nodeId, ...file, url: addressOf(file), ...(sha256 && { sha256 }) }
  })
  const failure = record?.status.completed === false ? failureOf(record) : undefined
  const metadata = metadataOf(job)
  return { id, status, outputs, ...(failure && { error: failure }), times: timesOf(job), ...(metadata && { metadata }) }
}

/** What its sender noted of it. */
export function metadataOf({ extraData }: Pick<Job, 'extraData'>): Readonly<Record<string, unknown>> | undefined {
  return entryOf(extraData.metadata)
}

function addressOf({ filename, subfolder, type }: FileReference): string {
  return `/view?${new URLSearchParams({ filename, subfolder, type })}`
}
