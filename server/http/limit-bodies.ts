import type { RequestHandler } from 'express'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Room } from '../runs/room.ts'

/** Bytes of a body that always finds room: whoever cancels a run must not have to wait for those that send pictures. */
const SMALL = 1 << 20

/**
 * Refuses a request when the bodies of all that are under way would take up too much memory.
 * @param most bytes that any body may have; whoever reads it refuses a larger one
 */
export function limitBodies(room: Room, most: number): RequestHandler {
  return (request, response, next) => {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
    const said = length === undefined ? (encoding === undefined ? 0 : most) : Number(length)
    const bytes = said <= SMALL ? 0 : Math.min(said, most)
    if (!room.take(bytes)) {
      // So that the answer is heard, the body is too, and not kept.
      request.resume()
      throw new RestorationError(
        'queue_full',
        `More than ${room.size >> 20} MiB would be sent at the same time.`,
        'Send it again later.',
      )
    }
    response.once('close', () => room.giveBack(bytes))
    next()
  }
}
