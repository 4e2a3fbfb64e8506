import { once } from 'node:events'
import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** How often connections that have been answered are looked for, in ms. */
const LOOK = 50

/**
 * Ends a server: it hears no one else, and those whom it is answering get the rest of it.
 * @param grace how long that may take before all connections are cut, in ms
 */
export async function endServer(server: Server, grace: number): Promise<void> {
  const isOver = new AbortController()
  const closed = once(server, 'close')
  server.close()
  // A connection that is kept open is idle only when its answer has ended.
  const timer = setInterval(() => server.closeIdleConnections(), LOOK)
  await Promise.race([closed, sleep(grace, undefined, { signal: isOver.signal }).catch(() => undefined)])
  isOver.abort()
  clearInterval(timer)
  server.closeAllConnections()
}
