import { dirname } from 'node:path'
import { InferenceSession } from 'onnxruntime-node'
import { askedGraph } from '../../models/import/asking.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { DeviceReport, GraphReference } from './messages.ts'

/** A session's threads wait busily for more work after a run, where they are in the way of the next session's and of the runner. */
const EXTRA = { session: { force_spinning_stop: '1' } }

interface Entry {
  readonly session: InferenceSession
  readonly bytes: number
}

/**
 * Sessions by graph, its version, what it is asked with and on how many cores, loaded on first use, dropped least recently used first when
 * their weights exceed a limit.
 */
export class SessionPool {
  readonly #options: InferenceSession.SessionOptions
  readonly #limit: number
  readonly #provider: DeviceReport['provider']
  /** In order of use: the first is the oldest. */
  readonly #entries = new Map<string, Entry>()

  constructor(provider: DeviceReport['provider'], limit: number) {
    this.#limit = limit
    this.#provider = provider
    this.#options = {
      executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
      graphOptimizationLevel: 'all',
      // A plan of memory for each size of picture that came by: measured, as fast without, and a sixth to a fifth less at the peak.
      enableMemPattern: false,
      logSeverityLevel: 3,
      extra: EXTRA,
    }
  }

  /** @throws RestorationError `model_corrupt` when the graph cannot be loaded */
  async get(graph: GraphReference, cores: number): Promise<InferenceSession> {
    const { asked, bytes, version } = graph
    const path = graph.own?.[this.#provider] ?? graph.path
    const key = JSON.stringify([path, asked, version, cores])
    const known = this.#entries.get(key)
    if (known !== undefined) {
      this.#entries.delete(key)
      this.#entries.set(key, known)
      return known.session
    }
    await this.#makeRoom(bytes)
    const session = await this.#load(path, graph, cores)
    this.#entries.set(key, { session, bytes })
    return session
  }

  async clear(): Promise<void> {
    for (const [key, { session }] of this.#entries) {
      this.#entries.delete(key)
      await session.release()
    }
  }

  async #makeRoom(bytes: number): Promise<void> {
    let held = bytes
    for (const entry of this.#entries.values()) held += entry.bytes
    for (const [key, { session, bytes }] of this.#entries) {
      if (held <= this.#limit) return
      this.#entries.delete(key)
      held -= bytes
      await session.release()
    }
  }

  async #load(
    path: string,
    { asked, label, remedy = 'Import the model again.' }: GraphReference,
    cores: number,
  ): Promise<InferenceSession> {
    const options = { ...this.#options, intraOpNumThreads: cores }
    try {
      if (asked === undefined) return await InferenceSession.create(path, options)
      const session = { ...EXTRA.session, model_external_initializers_file_folder_path: dirname(path) }
      return await InferenceSession.create(await askedGraph(path, asked), { ...options, extra: { session } })
    } catch (cause) {
      throw new RestorationError(
        'model_corrupt',
        `The ${label} cannot be loaded: ${cleanReason(cause, path)}`,
        remedy,
        { cause },
      )
    }
  }
}

/** What ONNX Runtime says, in one line and without paths of this machine. */
export function cleanReason(cause: unknown, path: string): string {
  const text = cause instanceof Error ? cause.message : String(cause)
  return text.split('\n')[0]!.replaceAll(path, 'the graph').replaceAll(dirname(path), 'its folder').slice(0, 400)
}
