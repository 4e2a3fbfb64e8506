import { z } from 'zod'
import { nodes as builtIn } from '../../../nodes/index.ts'
import type { Files, RunContext } from '../../../nodes/sdk/context.ts'
import { describeNode } from '../../../nodes/sdk/description.ts'
import type { AnyNode } from '../../../nodes/sdk/node.ts'
import { catalogueOf } from '../../../server/graph/catalogue.ts'
import type { Prompt } from '../../../server/graph/prompt.ts'
import type { RunEvent } from '../../../server/protocol/events.ts'
import { ResultCache } from '../../../server/runner/cache.ts'
import { execute } from '../../../server/runner/executor.ts'
import type { RunRequest } from '../../../server/runner/messages.ts'
import { runFiles } from '../../../server/runner/run-files.ts'

type Inputs = Record<string, unknown>

type RunOptions = Partial<RunRequest> & {
  readonly cancel?: AbortSignal
  readonly onEvent?: (event: RunEvent) => void
}

/** A graph in short: id to [class, inputs]. */
export function graph(nodes: Record<string, [string, Inputs?]>): Prompt {
  const entries = Object.entries(nodes).map(([id, [class_type, inputs = {}]]) => [id, { class_type, inputs }])
  return Object.fromEntries(entries)
}

/** A workbench with small nodes that count their calls, and one cache for all its runs. */
export function bench(more: readonly AnyNode[] = [], storage: Files = noFiles, cacheBytes = 2 ** 26) {
  const calls: string[] = []
  const faults: unknown[] = []
  /** Names of files that somebody has deleted. */
  const gone = new Set<string>()
  /** Names of files that were written anew, and what they are like since. */
  const replaced = new Map<string, string>()
  const count = (name: string) => void calls.push(name)
  const catalogueNodes = [...smallNodes(count), ...more]
  const nodes = new Map(catalogueNodes.map((node) => [node.id, node]))
  const categoryOf = (node: AnyNode) => builtIn.find((known) => known.node === node)?.category ?? 'test'
  const catalogue = catalogueOf(catalogueNodes.map((node) => describeNode(node, categoryOf(node))))
  const cache = new ResultCache(cacheBytes)
  let runs = 0

  async function run(prompt: Prompt, options: RunOptions = {}) {
    const { cancel = new AbortController().signal, onEvent, ...request } = options
    const outputs = Object.keys(prompt).filter((id) => nodes.get(prompt[id]!.class_type)?.outputNode === true)
    const full: RunRequest = {
      id: `run ${runs++}`,
      prompt,
      outputs,
      extraPnginfo: {},
      attachments: {},
      delivery: 'files',
      ...request,
    }
    const events: RunEvent[] = []
    calls.length = 0
    await execute(
      full,
      {
        nodes,
        catalogue,
        cache,
        logFault: (error) => faults.push(error),
        filesOf: async ({ images = [] }) =>
          images.some(({ filename }) => gone.has(filename))
            ? undefined
            : images.map(({ filename }) => replaced.get(filename) ?? 'as written').join(),
        contextOf: (run, nodeId, signal, reporter, own): RunContext => ({
          ...own,
          signal,
          nodeId,
          maxPixels: 1e6,
          metadata: { prompt: undefined, extraPnginfo: {} },
          models: {
            open: unused,
            openUpscaler: unused,
            fingerprint: unused,
            openIqa: unused,
            fingerprintIqa: unused,
          },
          inference: { atOnce: 1, run: unused, signature: unused, score: unused },
          files: runFiles(storage, run, (filename, extension, bytes, index) =>
            reporter.emit({ type: 'result_image', node: nodeId, index, filename, format: `image/${extension}`, bytes }),
          ),
          send: (bytes) => reporter.emit({ type: 'node_preview', node: nodeId, format: 'image/png', bytes }),
          progress(value, max, preview) {
            signal.throwIfAborted()
            reporter.progress(nodeId, value, max, preview)
          },
        }),
      },
      cancel,
      (event) => {
        events.push(event)
        onEvent?.(event)
      },
    )
    return events
  }
  return { run, calls, faults, cache, gone, replaced, catalogue }
}

/** The events of one kind. */
export function only<T extends RunEvent['type']>(events: readonly RunEvent[], type: T) {
  return events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type)
}

async function unused(): Promise<never> {
  throw new Error('not part of this test')
}

export const noFiles: Files = { read: unused, fingerprint: unused, write: unused }

const none = z.object({})

function smallNodes(count: (name: string) => void): AnyNode[] {
  const base = { title: '', summary: '', inputs: {}, parameters: none }
  return [
    {
      ...base,
      id: 'Number',
      parameters: z.object({ value: z.int().min(0).max(100).default(0) }),
      outputs: { number: { type: 'INT' } },
      run(_: unknown, { value }: { value: number }) {
        count('Number')
        return { number: value }
      },
    },
    {
      ...base,
      id: 'Upto',
      parameters: z.object({ count: z.int().min(0).max(100).default(0) }),
      outputs: { numbers: { type: 'INT', list: true } },
      run: (_: unknown, { count }: { count: number }) => ({ numbers: Array.from({ length: count }, (_, i) => i) }),
    },
    {
      ...base,
      id: 'Add',
      inputs: { a: { type: 'INT' }, b: { type: 'INT', optional: true } },
      outputs: { sum: { type: 'INT' } },
      run({ a, b = 1 }: { a: number; b?: number }) {
        count('Add')
        return { sum: a + b }
      },
    },
    {
      ...base,
      id: 'Gather',
      inputs: { all: { type: 'INT' } },
      listInput: true,
      parameters: z.object({ factor: z.int().min(0).max(10).default(1) }),
      outputs: { sum: { type: 'INT' } },
      run: ({ all }: { all: number[] }, { factor }: { factor: number }) => ({
        sum: factor * all.reduce((a, b) => a + b, 0),
      }),
    },
    {
      ...base,
      id: 'Show',
      inputs: { value: { type: 'INT' } },
      outputs: {},
      outputNode: true,
      run({ value }: { value: number }) {
        count('Show')
        return { ui: { text: [String(value)] } }
      },
    },
    {
      ...base,
      id: 'Sleep',
      parameters: z.object({ ms: z.int().min(0).max(60_000).default(0) }),
      outputs: { number: { type: 'INT' } },
      async run(_: unknown, { ms }: { ms: number }, { signal }: RunContext) {
        count('Sleep')
        await new Promise((resolve, reject) => {
          const timer = setTimeout(resolve, ms)
          signal.addEventListener('abort', () => {
            clearTimeout(timer)
            reject(signal.reason)
          })
        })
        return { number: ms }
      },
    },
  ]
}
