import { RestorationError } from '../../nodes/sdk/error.ts'
import type { PlannedNode } from '../graph/plan.ts'
import { messageOf } from '../message-of.ts'
import type { RunError } from '../protocol/events.ts'

/** Whether an error only says that the run was stopped. */
export function isInterruption(error: unknown): boolean {
  if (error instanceof RestorationError) return error.code === 'interrupted'
  return error instanceof Error && error.name === 'AbortError'
}

/** An error as clients get it: what happened, where, and what to do; no path of this machine. */
export function toRunError(
  error: unknown,
  /** The node under the id that the user sees. */
  node: { readonly id: string; readonly planned: PlannedNode } | undefined,
  executed: readonly string[],
): RunError {
  const known = error instanceof RestorationError
  return {
    node: node?.id ?? null,
    nodeType: node?.planned.description.id ?? '',
    code: known ? error.code : 'internal',
    message: known ? error.message : withoutPaths(messageOf(error)),
    remedy: known ? error.remedy : 'This is a fault of the node; the log of the host has the details.',
    executed,
    inputs: node === undefined ? {} : describeInputs(node.planned),
  }
}

/** Constants as they are, links as where they come from. */
function describeInputs({ values, links }: PlannedNode): Record<string, readonly unknown[]> {
  return Object.fromEntries([
    ...Object.entries(values).map(([name, value]) => [name, [value]]),
    ...Object.entries(links).map(([name, [source, slot]]) => [name, [`output ${slot} of node ${source}`]]),
  ])
}

function withoutPaths(message: string): string {
  return message.split('\n')[0]!.replace(/(?:file:\/\/)?(?:\/[\w.@-]+){2,}/g, '…')
}
