import { once } from 'node:events'
import type { Response } from 'express'

/** Sends JSON text piece by piece: waits for slow readers, and lets other work in between pieces. */
export async function sendPieces(response: Response, pieces: Iterable<string>): Promise<void> {
  response.type('application/json')
  for (const piece of pieces) {
    if (response.destroyed) return
    if (!response.write(piece)) await untilRead(response)
    else await new Promise((resolve) => setImmediate(resolve))
  }
  response.end()
}

/** Until there is room again, or nobody reads any more; leaves no listener behind. */
async function untilRead(response: Response): Promise<void> {
  const done = new AbortController()
  const { signal } = done
  await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })])
  done.abort()
}
