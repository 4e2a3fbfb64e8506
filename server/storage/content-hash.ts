import { createHash } from 'node:crypto'

/** Bytes from which on hashing is worth a thread of its own; they take about a millisecond. */
const LARGE = 1 << 20

/** SHA-256 of a content, hexadecimal; of a large one beside the event loop, which it would hold up. */
export async function contentHash(bytes: Uint8Array): Promise<string> {
  if (bytes.length < LARGE) return createHash('sha256').update(bytes).digest('hex')
  return Buffer.from(await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes))).toString('hex')
}
