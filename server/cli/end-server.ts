import type { Server, ServerResponse } from 'node:http'

/**
 * Prepares a server, before it is asked anything, for an end at which whoever is being answered gets the rest of it.
 * @returns ends it; after a while, in ms, also what is still being answered. Connections on which nothing was asked are cut
 *   at once: `server.close` would wait for those that browsers open ahead of their requests
 */
export function gracefulEnd(server: Server): (grace: number) => Promise<void> {
  const answers = new Set<ServerResponse>()
  let onIdle = () => {}
  server.on('request', (_request, response) => {
    answers.add(response)
    response.once('close', () => {
      answers.delete(response)
      if (answers.size === 0) onIdle()
    })
  })
  return async (grace) => {
    server.close()
    if (answers.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, grace)
        onIdle = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    server.closeAllConnections()
  }
}
