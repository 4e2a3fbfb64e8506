import type { Connection } from './connection.ts'
import { Patience, type PatienceOptions } from './patience.ts'
import { blocksOf, isHeartbeat, parseBlock } from './server-sent.ts'
import type { RunEvent } from './types.ts'
import { Watch } from './watch.ts'

export interface EventOptions extends PatienceOptions {
  /** The number of the last message that was heard: those after it come. */
  readonly after?: number
}

/**
 * The messages of a run to its end, each once and in order, across lost connections and restarts of the host.
 * @throws HostError with status 404 when the host does not know the run (any more), 0 when it stays away too long
 */
export async function* runEvents(connection: Connection, id: string, options: EventOptions): AsyncGenerator<RunEvent> {
  const patience = new Patience(options)
  let { after } = options
  for (;;) {
    try {
      const watch = new Watch(options.signal)
      const headers = { Accept: 'text/event-stream', ...(after !== undefined && { 'Last-Event-ID': String(after) }) }
      const request = { headers, signal: watch.signal }
      const response = await watch.over(connection.success(`/api/runs/${encodeURIComponent(id)}/events`, request))
      patience.answered()
      // 204: there is nothing after that number, nor will there be.
      if (response.body === null) return
      for await (const block of blocksOf(response.body, watch)) {
        const event = parseBlock(block)
        if (event !== undefined || isHeartbeat(block)) patience.heard()
        if (event === undefined) continue
        after = event.sequence
        yield event
        if (event.type === 'executing' && event.data.node === null) return
      }
    } catch (error) {
      patience.lose(error)
    }
    await patience.pause()
  }
}
