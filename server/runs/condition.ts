import type { z } from 'zod'
import type { healthSchema } from '../protocol/answers.ts'
import type { Runs } from './runs.ts'
import type { Supervisor } from './supervisor.ts'

export type Condition = z.infer<typeof healthSchema>['status']

/** Whether runs can be executed, or what keeps them from it. */
export function conditionOf(
  runs: Pick<Runs, 'isDiskFull' | 'isStopping'>,
  supervisor: Pick<Supervisor, 'isReady'>,
): Condition {
  if (runs.isStopping) return 'stopping'
  if (runs.isDiskFull) return 'disk_full'
  return supervisor.isReady ? 'ready' : 'starting'
}
