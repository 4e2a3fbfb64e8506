import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { FromThread, Order, ThreadOptions, ToThread } from './messages.ts'

/** The runner's side of one thread that runs models. It starts with its first order and answers one at a time. */
export class InferenceThread {
  readonly #options: ThreadOptions
  #worker: Worker | undefined
  #settle: ((answer: FromThread) => void) | undefined
  #stopping = false

  constructor(options: ThreadOptions) {
    this.#options = options
  }

  get isFree(): boolean {
    return this.#settle === undefined
  }

  /**
   * Hands an order over to a free thread; the buffers of its tensors are transferred.
   * @throws DataCloneError when they cannot be; the thread stays free
   */
  ask(order: Order): Promise<FromThread> {
    const tensors = order.type === 'run' ? order.inputs : []
    this.#post(
      order,
      tensors.map(({ data }) => data.buffer as ArrayBuffer),
    )
    return new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  /** Drops every session once the order that it is at is done. */
  unload(): void {
    this.#worker?.postMessage({ type: 'unload' } satisfies ToThread)
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#worker?.terminate()
  }

  #post(message: ToThread, transfer: ArrayBuffer[]): void {
    this.#worker ??= this.#start()
    this.#worker.postMessage(message, transfer)
  }

  #start(): Worker {
    const worker = startThread(this.#options)
    worker.on('message', (message: FromThread) => {
      const settle = this.#settle
      this.#settle = undefined
      settle?.(message)
    })
    // A thread that dies takes its process along: the supervisor starts both again.
    worker.on('error', (error) => {
      throw error
    })
    worker.on('exit', (code) => {
      if (!this.#stopping) throw new Error(`an inference thread ended with code ${code}`)
    })
    return worker
  }
}

/** Built code starts as it is; Node 20 starts no thread at a source file, so that tests register a loader first. */
function startThread(workerData: ThreadOptions): Worker {
  const extension = extname(fileURLToPath(import.meta.url))
  const entry = new URL(`./thread${extension}`, import.meta.url)
  if (extension !== '.ts') return new Worker(entry, { workerData })
  const loaded = `import('tsx/esm/api').then(({ register }) => (register(), import(${JSON.stringify(entry.href)})))`
  return new Worker(loaded, { eval: true, workerData })
}
