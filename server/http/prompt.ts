import { type Response, Router } from 'express'
import type { Prompt } from '../graph/prompt.ts'
import { isWorkflow } from '../graph/workflow.ts'
import { promptRequestSchema } from '../protocol/requests.ts'
import {
  namedGraph,
  prepareRun,
  type Refusal,
  type SentPicture,
  type Surroundings,
  withPictures,
  withWorkflow,
} from '../runs/intake.ts'
import { type Job, resultsOf } from '../runs/job.ts'
import type { Run } from '../runs/run.ts'
import type { Runs } from '../runs/runs.ts'
import type { Webhooks } from '../runs/webhooks.ts'
import type { KeptFiles } from '../storage/kept-files.ts'
import { inputName } from './content.ts'
import { parse } from './failure.ts'

/** GET and POST /prompt: how much is queued; queue a graph, in the API or the UI format. */
export function promptRoutes(runs: Runs, accept: AcceptPrompt): Router {
  const router = Router()
  router.get('/prompt', (_request, response) => {
    response.json({ exec_info: { queue_remaining: runs.remaining } })
  })
  router.post('/prompt', async (request, response) => {
    const accepted = await accept(request.body, response)
    if (accepted === undefined) return
    const { run, nodeErrors } = accepted
    response.json({ prompt_id: run.id, number: run.number, node_errors: nodeErrors })
  })
  return router
}

export interface Accepted {
  readonly run: Pick<Run, 'id' | 'number'>
  readonly nodeErrors: object
  /** The id of the node whose picture is wanted. */
  readonly output: string | undefined
}

/** How a run is queued. */
export interface Demand {
  /** Whether the same run under its own id that has completed is taken for this one. @default false */
  readonly takeCompleted?: boolean
  /** Files that came with it, to be inputs of its graph. @default none */
  readonly pictures?: readonly SentPicture[]
  /** The id, title or class of an output node whose picture is wanted. @default none */
  readonly output?: string | undefined
}

/** Queues what a client sent; undefined when it was refused, which the client has been told. */
export type AcceptPrompt = (sent: unknown, response: Response, demand?: Demand) => Promise<Accepted | undefined>

export interface AcceptorParts {
  readonly runs: Runs
  readonly surroundings: Surroundings
  readonly webhooks: Pick<Webhooks, 'check'>
  readonly kept: Pick<KeptFiles, 'save'>
}

export function promptAcceptor(parts: AcceptorParts): AcceptPrompt {
  return (sent, response, demand = {}) => acceptPrompt(sent, response, demand, parts)
}

async function acceptPrompt(
  sent: unknown,
  response: Response,
  { takeCompleted = false, pictures = [], output }: Demand,
  { runs, surroundings, webhooks, kept }: AcceptorParts,
): Promise<Accepted | undefined> {
  const body = parse(promptRequestSchema, isWorkflow(sent) ? { prompt: sent } : (sent ?? {}))
  const graph = body.prompt === undefined ? await namedGraph(body.workflow, surroundings) : body.prompt
  if (graph === undefined) {
    const error = { type: 'no_prompt', message: 'No prompt provided', details: 'No prompt provided', extra_info: {} }
    response.status(400).json({ error, node_errors: {} })
    return undefined
  }
  const webhook = body.webhook ?? undefined
  if (webhook !== undefined) webhooks.check(webhook)
  const targets = body.partial_execution_targets ?? undefined
  const keep = async ({ filename, bytes }: SentPicture) =>
    inputName(await kept.save({ type: 'input', subfolder: '', filename, bytes, overwrite: false }))
  const ordered = await withPictures({ graph, settings: body.set, targets, output }, pictures, surroundings, keep)
  if (!ordered.ok) return refuse(ordered, response)
  const { order } = ordered
  const earlier = await runSentBefore(runs, surroundings, body.prompt_id, takeCompleted)
  if (earlier !== undefined) {
    const repeated = await prepareRun({ ...order, sentAt: earlier.createdAt }, surroundings)
    if (repeated.ok && isSame(repeated.prompt, earlier.prompt)) return { ...repeated, run: earlier }
  }
  const sentAt = Date.now()
  const prepared = await prepareRun({ ...order, sentAt }, surroundings)
  if (!prepared.ok) return refuse(prepared, response)
  const client = typeof body.client_id === 'string' ? { client_id: body.client_id } : {}
  const metadata = body.metadata ? { metadata: body.metadata } : {}
  const run = runs.submit({
    id: body.prompt_id ?? undefined,
    sentAt,
    number: body.number ?? undefined,
    front: Boolean(body.front),
    prompt: prepared.prompt,
    outputs: prepared.outputs,
    extraData: withWorkflow({ ...withoutSecrets(body.extra_data ?? {}), ...client, ...metadata }, graph),
    delivery: 'files',
    attachments: {},
    pictureBytes: prepared.pictureBytes,
    webhook,
  })
  return { ...prepared, run }
}

function refuse({ error, nodeErrors }: Refusal, response: Response): undefined {
  response.status(400).json({ error, node_errors: nodeErrors })
}

/** The run of an id, where one that is sent again may be this one. */
async function runSentBefore(
  runs: Runs,
  surroundings: Surroundings,
  id: string | null | undefined,
  takeCompleted: boolean,
): Promise<Job | undefined> {
  const job = typeof id === 'string' ? runs.job(id) : undefined
  if (job === undefined || runs.isOpen(job.id)) return job
  return takeCompleted && job.status === 'completed' && (await isThere(job, surroundings)) ? job : undefined
}

/** Whether what a run has made is still there. */
async function isThere(job: Job, surroundings: Surroundings): Promise<boolean> {
  const sizes = await Promise.all(resultsOf(job).map((picture) => surroundings.imageSize(inputName(picture))))
  return !sizes.includes(undefined)
}

function isSame(prompt: Prompt, other: unknown): boolean {
  return JSON.stringify(prompt) === JSON.stringify(other)
}

/** What clients of ComfyUI send for its paid nodes: no node of ours needs it, so it is not kept. */
const SECRETS: ReadonlySet<string> = new Set(['auth_token_comfy_org', 'api_key_comfy_org'])

function withoutSecrets(extraData: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(extraData).filter(([name]) => !SECRETS.has(name)))
}
