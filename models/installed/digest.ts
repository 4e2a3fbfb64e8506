import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** The SHA-256 of a file, in hexadecimal. @throws what the file system says where it cannot be read */
export async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk)
  return hash.digest('hex')
}

/** Why a file cannot be read, by the system's code. */
export function whyUnreadable(error: unknown): string {
  return String(error instanceof Error && 'code' in error ? error.code : error)
}
