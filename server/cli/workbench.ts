import { randomUUID } from 'node:crypto'
import { ERROR_CODES, type ErrorCode, RestorationError } from '../../nodes/sdk/error.ts'
import { runnerOptions, type WorkSettings } from '../config.ts'
import type { NodeErrors, PromptError, Validation } from '../graph/validate.ts'
import { isWorkflow } from '../graph/workflow.ts'
import type { RunEvent } from '../protocol/events.ts'
import { prepareRun, type Surroundings } from '../runs/intake.ts'
import { Supervisor } from '../runs/supervisor.ts'
import { hostSurroundings } from '../runs/surroundings.ts'
import { type Script, script } from '../script.ts'
import { openFiles, workflowsOf } from './data-folder.ts'
import { modelChoices } from './models.ts'

export interface Job {
  readonly graph: unknown
  readonly settings: readonly string[]
  readonly attachments: Readonly<Record<string, Uint8Array>>
  readonly signal: AbortSignal
  readonly onEvent?: (event: RunEvent) => void
}

type Sound = Extract<Validation, { ok: true }>

export type Result = Extract<RunEvent, { type: 'result_image' }>

/** A runner for the command line: one graph at a time, pictures in and out of memory. */
export class Workbench {
  readonly supervisor: Supervisor
  readonly surroundings: Surroundings

  private constructor(supervisor: Supervisor, surroundings: Surroundings) {
    this.supervisor = supervisor
    this.surroundings = surroundings
  }

  static async open(
    settings: WorkSettings,
    runner: Script = script(import.meta.url, '../runner/main'),
  ): Promise<Workbench> {
    const files = await openFiles(settings)
    const log = (line: string) => process.stderr.write(`${line}\n`)
    const supervisor = new Supervisor({ ...runner, runner: runnerOptions(settings), log })
    return new Workbench(
      supervisor,
      hostSurroundings({ supervisor, files, models: () => modelChoices(settings), workflow: workflowsOf(settings) }),
    )
  }

  /** Checks a graph, every output of it, without running it. @throws RestorationError `workflow_invalid` */
  async check({ graph, settings, attachments }: Pick<Job, 'graph' | 'settings' | 'attachments'>): Promise<Sound> {
    const prepared = await prepareRun({ graph, settings, attachments }, this.surroundings)
    if (!prepared.ok) throw refused(prepared.error, prepared.nodeErrors)
    const [wrong] = Object.values(prepared.nodeErrors)
    if (wrong !== undefined) throw refused(wrong.errors[0]!, prepared.nodeErrors)
    return prepared
  }

  /**
   * Runs a graph and gives what it would have saved.
   * @throws RestorationError as the run failed; `workflow_invalid` when it cannot start; `interrupted`
   */
  async run({ graph, settings, attachments, signal, onEvent }: Job): Promise<Result[]> {
    const { prompt, outputs } = await this.check({ graph, settings, attachments })
    const id = randomUUID()
    const results: Result[] = []
    let failure: RestorationError | undefined
    const cancel = () => this.supervisor.cancel(id)
    signal.addEventListener('abort', cancel)
    const extraPnginfo = isWorkflow(graph) ? { workflow: graph } : {}
    const done = this.supervisor.execute(
      { id, prompt, outputs, extraPnginfo, attachments, delivery: 'memory' },
      (event) => {
        if (event.type === 'result_image') results.push(event)
        if (event.type === 'failed')
          failure = new RestorationError(codeOf(event.error.code), event.error.message, event.error.remedy)
        if (event.type === 'interrupted')
          failure = new RestorationError('interrupted', 'The run was cancelled.', 'Start it again.')
        onEvent?.(event)
      },
    )
    if (signal.aborted) cancel()
    await done
    signal.removeEventListener('abort', cancel)
    if (failure !== undefined) throw failure
    return results
  }

  close(): Promise<void> {
    return this.supervisor.close()
  }
}

/** A refused graph as one error: the first node's own complaint, also as its cause, where there is one. */
function refused(error: PromptError, nodeErrors: NodeErrors): RestorationError {
  const [first] = Object.entries(nodeErrors)
  const complaint = first?.[1].errors[0] ?? error
  const where = first === undefined ? '' : `Node ${first[0]} (${first[1].class_type}): `
  const { remedy } = complaint.extra_info
  return new RestorationError(
    'workflow_invalid',
    `${where}${complaint.message}: ${complaint.details}.`,
    typeof remedy === 'string' ? remedy : 'Correct the graph.',
    { cause: complaint },
  )
}

function codeOf(code: string): ErrorCode {
  return Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : 'inference_failed'
}
