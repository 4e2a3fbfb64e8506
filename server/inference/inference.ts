import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Tensor } from '../../nodes/sdk/values.ts'
import type { DeviceReport } from '../runner/messages.ts'
import type { FromThread, GraphReference, ThreadOptions, ToThread } from './messages.ts'

interface Call {
  readonly graph: GraphReference
  readonly input: Tensor
  readonly settle: (answer: Tensor | Error) => void
}

/** The runner's side of the inference thread. */
export class InferenceThread {
  readonly device: DeviceReport
  readonly #worker: Worker
  /** Only one call is in the thread at a time, so that those that are cancelled here never reach it. */
  readonly #waiting = new Set<Call>()
  #running: Call | undefined
  #stopping = false

  private constructor(worker: Worker, device: DeviceReport) {
    this.#worker = worker
    this.device = device
    worker.on('message', (message: FromThread) => this.#receive(message))
    // A thread that dies takes its process along: the supervisor starts both again.
    worker.on('error', (error) => {
      throw error
    })
    worker.on('exit', (code) => {
      if (!this.#stopping) throw new Error(`the inference thread ended with code ${code}`)
    })
  }

  /** Starts the thread and waits until it has chosen its device. @throws RestorationError `device_unavailable` */
  static async start(options: ThreadOptions): Promise<InferenceThread> {
    const worker = startThread(options)
    const device = await new Promise<DeviceReport>((resolve, reject) => {
      worker.once('message', (message: FromThread) => {
        if (message.type === 'ready') resolve(message.device)
        if (message.type === 'unusable') reject(new RestorationError(message.code, message.message, message.remedy))
      })
      worker.once('error', reject)
    })
    worker.removeAllListeners('error')
    return new InferenceThread(worker, device)
  }

  /**
   * Runs a graph of one input and one output, float32. The tensor's buffer is transferred.
   * An abort rejects at once; the thread finishes the call that it is in.
   */
  run(graph: GraphReference, input: Tensor, signal: AbortSignal): Promise<Tensor> {
    if (signal.aborted) return Promise.reject(interrupted())
    return new Promise<Tensor>((resolve, reject) => {
      const abort = () => {
        this.#waiting.delete(call)
        reject(interrupted())
      }
      const call: Call = {
        graph,
        input,
        settle(answer) {
          signal.removeEventListener('abort', abort)
          if (answer instanceof Error) reject(answer)
          else resolve(answer)
        },
      }
      signal.addEventListener('abort', abort, { once: true })
      this.#waiting.add(call)
      this.#advance()
    })
  }

  /** Drops every session once the calls that wait are done. */
  unload(): void {
    this.#post({ type: 'unload' })
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#worker.terminate()
  }

  #receive(message: FromThread): void {
    if (message.type === 'ready' || message.type === 'unusable') return
    const call = this.#running
    this.#running = undefined
    this.#advance()
    if (message.type === 'result') call?.settle({ data: message.data, dims: message.dims })
    else call?.settle(new RestorationError(message.code, message.message, message.remedy))
  }

  #advance(): void {
    if (this.#running !== undefined) return
    for (const call of this.#waiting) {
      this.#waiting.delete(call)
      this.#running = call
      const { data, dims } = call.input
      this.#post({ type: 'run', graph: call.graph, data, dims }, [data.buffer as ArrayBuffer])
      return
    }
  }

  #post(message: ToThread, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer)
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

function interrupted(): RestorationError {
  return new RestorationError('interrupted', 'The run was cancelled.', 'Start it again when you like.')
}
