import { createHash } from 'node:crypto'
import type { FileReference, Files } from '../../nodes/sdk/context.ts'
import type { RunRequest } from './messages.ts'

/** What a run that keeps its results in memory does with them. */
export type Deliver = (filename: string, extension: string, bytes: Uint8Array, index: number) => void

/** The files that one node of a run sees: those of the storage, behind the pictures that came with the request. */
export function runFiles(storage: Files, { attachments, delivery }: RunRequest, deliver: Deliver): Files {
  const attached = (name: string): Uint8Array | undefined => {
    const plain = name.replace(/ \[input\]$/, '')
    return Object.hasOwn(attachments, plain) ? attachments[plain] : undefined
  }
  let number = 0
  return {
    read: async (name) => attached(name) ?? (await storage.read(name)),
    fingerprint: async (name) => {
      const bytes = attached(name)
      return bytes === undefined ? storage.fingerprint(name) : createHash('sha256').update(bytes).digest('hex')
    },
    async write(type, prefix, extension, bytes): Promise<FileReference> {
      if (delivery === 'files') return storage.write(type, prefix, extension, bytes)
      number++
      const path = `${prefix}_${String(number).padStart(5, '0')}_.${extension}`
      const slash = path.lastIndexOf('/')
      const reference = { filename: path.slice(slash + 1), subfolder: path.slice(0, Math.max(0, slash)), type }
      if (type === 'output') deliver(reference.filename, extension, bytes, number - 1)
      return reference
    },
  }
}
