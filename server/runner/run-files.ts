import { createHash } from 'node:crypto'
import type { FileReference, Files } from '../../nodes/sdk/context.ts'
import type { NodeUi } from '../../nodes/sdk/node.ts'
import { plainName } from '../storage/inside.ts'
import { placeOf } from '../storage/place.ts'
import type { Storage } from '../storage/storage.ts'
import type { RunRequest } from './messages.ts'
import type { Reporter } from './reporter.ts'

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
      const place = placeOf(plainName(`${prefix}_${String(number).padStart(5, '0')}_.${extension}`))
      const reference = { ...place, type }
      if (type === 'output') deliver(reference.filename, extension, bytes, number - 1)
      return reference
    },
  }
}

/** What a node shows where no file was written: the names of those that it would be are names of other runs' files. */
export function withoutFiles(ui: NodeUi | null): NodeUi | null {
  return ui?.text === undefined ? null : { text: ui.text }
}

/** The storage as one node of one run writes to it: each file once, however often the run is run, and told of. */
export function deliveredFiles(storage: Storage, run: RunRequest, node: string, reporter: Reporter): Files {
  let index = 0
  return {
    read: (name) => storage.read(name),
    fingerprint: (name) => storage.fingerprint(name),
    async write(type, prefix, extension, bytes): Promise<FileReference> {
      const claim = { run: run.id, node, index: index++ }
      const file = await storage.deliver(claim, type, prefix, extension, bytes)
      reporter.emit({ type: 'file_written', node, file })
      return { filename: file.filename, subfolder: file.subfolder, type }
    },
  }
}
