import type { RequestHandler } from 'express'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { sendFailure } from './failure.ts'

/** As long as nginx waits for the next part of a body (client_body_timeout). */
const PATIENCE = 60_000

/**
 * Ends a request of whose body nothing comes any more. One that comes slowly has all the time that it takes.
 * @param patience ms without a byte; the end comes after twice that at the latest
 */
export function endStalledBodies(patience = PATIENCE): RequestHandler {
  return (request, response, next) => {
    const { socket } = request
    let received = socket.bytesRead
    const timer = setInterval(() => {
      if (request.complete) clearInterval(timer)
      else if (socket.bytesRead > received) received = socket.bytesRead
      else if (response.headersSent) socket.destroy()
      else {
        const message = `Nothing more of the body came for ${patience / 1000} s.`
        response.set('Connection', 'close')
        sendFailure(response, 408, new RestorationError('invalid_input', message, 'Send the whole body again.'))
      }
    }, patience).unref()
    request.once('close', () => clearInterval(timer))
    next()
  }
}
