import { once } from 'node:events'
import type { Response } from 'express'

/** Sends JSON text piece by piece: waits for slow readers, and lets other work in between pieces. */
export async function sendPieces(response: Response, pieces: Iterable<string>): Promise<void> {
  response.type('application/json')
  for (const piece of pieces) {
    if (response.destroyed) return
    if (!response.write(piece)) await Promise.race([once(response, 'drain'), once(response, 'close')])
    else await new Promise((resolve) => setImmediate(resolve))
  }
  response.end()
}
