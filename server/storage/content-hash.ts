import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** Bytes that are hashed in one turn of the event loop; they take less than a millisecond. */
const PIECE = 1 << 18

/**
 * SHA-256 of a content, hexadecimal; of a large one piece by piece, so that everything else goes on. Another thread would
 * be given a copy of it, and making that holds everything up for longer than hashing it here.
 */
export async function contentHash(bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256').update(bytes.subarray(0, PIECE))
  for (let at = PIECE; at < bytes.length; at += PIECE) {
    await nextTurn()
    hash.update(bytes.subarray(at, at + PIECE))
  }
  return hash.digest('hex')
}
