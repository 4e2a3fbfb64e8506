import type { Connection } from './connection.ts'
import { errorOf, HostError } from './errors.ts'
import type { RunEvent } from './types.ts'

export interface EventOptions {
  /** The number of the last message that was heard: those after it come. */
  readonly after?: number
  /** How long to try when the host does not answer, in ms. @default 60000 */
  readonly patience?: number
  readonly signal?: AbortSignal
}

const FIRST_PAUSE = 200
const LONGEST_PAUSE = 5000

/**
 * The messages of a run to its end, each once and in order, across lost connections and restarts of the host.
 * @throws HostError with status 404 when the host does not know the run (any more), 0 when it stays away too long
 */
export async function* runEvents(connection: Connection, id: string, options: EventOptions): AsyncGenerator<RunEvent> {
  const { patience = 60_000, signal } = options
  let after = options.after
  let pause = FIRST_PAUSE
  let lostAt: number | undefined
  for (;;) {
    try {
      const response = await connection.send(`/api/runs/${encodeURIComponent(id)}/events`, {
        headers: { Accept: 'text/event-stream', ...(after !== undefined && { 'Last-Event-ID': String(after) }) },
        ...(signal && { signal }),
      })
      if (!response.ok) throw await errorOf(response)
      for await (const event of parseEvents(response)) {
        lostAt = undefined
        pause = FIRST_PAUSE
        after = event.sequence
        yield event
        if (event.type === 'executing' && event.data.node === null) return
      }
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof HostError && error.status !== 0 && error.status < 500) throw error
      lostAt ??= Date.now()
      if (Date.now() - lostAt > patience) throw error
    }
    await sleep(pause, signal)
    pause = Math.min(LONGEST_PAUSE, pause * 2)
  }
}

/** Server-sent events (HTML standard, 9.2), as far as the host uses them: one line of data each. */
async function* parseEvents(response: Response): AsyncGenerator<RunEvent> {
  if (response.body === null) return
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      text += decoder.decode(value, { stream: true })
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const event = parseBlock(block)
        if (event !== undefined) yield event
      }
    }
  } finally {
    // Whoever stops listening early lets the connection go.
    await reader.cancel().catch(() => undefined)
  }
}

function parseBlock(block: string): RunEvent | undefined {
  const fields = new Map<string, string>()
  for (const line of block.split('\n')) {
    const [, name, value] = /^(\w+): ?(.*)$/s.exec(line) ?? []
    if (name !== undefined && value !== undefined) fields.set(name, value)
  }
  const [sequence, type, data] = ['id', 'event', 'data'].map((name) => fields.get(name))
  if (sequence === undefined || type === undefined || data === undefined) return undefined
  return { sequence: Number(sequence), type, data: type === 'frame' ? { frame: JSON.parse(data) } : JSON.parse(data) }
}

function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', stop, { once: true })
  })
}
