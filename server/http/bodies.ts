import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Room } from '../concurrency/room.ts'
import { clientFault } from './failure.ts'

/** Counts bytes that are kept in memory. @throws RestorationError `queue_full` */
export type Keep = (bytes: number) => void

/** Bodies that are files: all that are being received or used are held in one room. */
export class Bodies {
  readonly #room: Room

  constructor(room: Room) {
    this.#room = room
  }

  /** Has a body received and used; what is kept of it counts until that is over, not until the answer has ended. */
  async hold<T>(use: (keep: Keep) => Promise<T>): Promise<T> {
    const room = this.#room
    let kept = 0
    let isOver = false
    const keep = (bytes: number) => {
      // A parser may still have had a part of a body that was refused.
      if (isOver) return
      if (!room.take(bytes)) {
        const message = `More than ${room.size >> 20} MiB of files would be received at the same time.`
        throw new RestorationError('queue_full', message, 'Send it again later.')
      }
      kept += bytes
    }
    try {
      return await use(keep)
    } finally {
      isOver = true
      room.giveBack(kept)
    }
  }
}

/**
 * Reads a body whole, inflated if it is compressed.
 * @param most bytes that it may have
 * @throws ClientFault `entity.too.large`, `encoding.unsupported`, or one for a body that is damaged or ends too early
 */
export async function readBody(request: IncomingMessage, most: number, keep: Keep): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  try {
    for await (const part of partsOf(request)) {
      size += part.length
      if (size > most) throw clientFault({ status: 413, type: 'entity.too.large', limit: most })
      keep(part.length)
      parts.push(part)
    }
  } catch (error) {
    passOver(request)
    throw error
  }
  return Buffer.concat(parts, size)
}

/** Reads what is left of a body without keeping it, so that the answer is heard. */
export function passOver(request: IncomingMessage): void {
  request.unpipe()
  request.resume()
}

const INFLATE: Readonly<Record<string, typeof createGunzip | typeof createInflate | typeof createBrotliDecompress>> = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

async function* partsOf(request: IncomingMessage): AsyncGenerator<Buffer> {
  const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity'
  const inflate = Object.hasOwn(INFLATE, encoding) ? INFLATE[encoding]!() : undefined
  if (inflate === undefined && encoding !== 'identity') {
    throw clientFault({ status: 415, type: 'encoding.unsupported', encoding })
  }
  if (inflate !== undefined) request.once('error', (error) => inflate.destroy(error)).pipe(inflate)
  const source: Readable = inflate ?? request
  try {
    // Whoever destroys a request cannot answer it.
    yield* source.iterator({ destroyOnReturn: false })
  } catch {
    throw clientFault({ status: 400 })
  } finally {
    inflate?.destroy()
  }
}
