import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Tensor } from '../../nodes/sdk/values.ts'
import type { DeviceReport } from '../runner/messages.ts'
import type { FromThread, GraphReference, ThreadOptions, ToThread } from './messages.ts'

interface Call {
  readonly resolve: (tensor: Tensor) => void
  readonly reject: (error: Error) => void
}

/** The runner's side of the inference thread. */
export class InferenceThread {
  readonly device: DeviceReport
  readonly #worker: Worker
  readonly #calls = new Map<number, Call>()
  #next = 0

  private constructor(worker: Worker, device: DeviceReport) {
    this.#worker = worker
    this.device = device
    worker.on('message', (message: FromThread) => this.#receive(message))
  }

  /** Starts the thread and waits until it has chosen its device. @throws Error when no device works */
  static async start(options: ThreadOptions): Promise<InferenceThread> {
    const own = fileURLToPath(import.meta.url)
    const worker = new Worker(new URL(`./thread${extname(own)}`, import.meta.url), { workerData: options })
    const device = await new Promise<DeviceReport>((resolve, reject) => {
      worker.once('message', (message: FromThread) => {
        if (message.type === 'ready') resolve(message.device)
      })
      worker.once('error', reject)
    })
    // A thread that dies later takes its process along: the supervisor starts both again.
    worker.removeAllListeners('error')
    worker.on('error', (error) => {
      throw error
    })
    return new InferenceThread(worker, device)
  }

  /**
   * Runs a graph of one input and one output, float32. The tensor's buffer is transferred.
   * An abort rejects at once; the thread finishes the call that it is in.
   */
  run(graph: GraphReference, { data, dims }: Tensor, signal: AbortSignal): Promise<Tensor> {
    if (signal.aborted) return Promise.reject(interrupted())
    const call = this.#next++
    return new Promise<Tensor>((resolve, reject) => {
      const abort = () => {
        this.#calls.delete(call)
        reject(interrupted())
      }
      signal.addEventListener('abort', abort, { once: true })
      const settle = () => signal.removeEventListener('abort', abort)
      this.#calls.set(call, {
        resolve: (tensor) => {
          settle()
          resolve(tensor)
        },
        reject: (error) => {
          settle()
          reject(error)
        },
      })
      this.#post({ type: 'run', call, graph, data, dims }, [data.buffer as ArrayBuffer])
    })
  }

  /** Drops every session once the calls that wait are done. */
  unload(): void {
    this.#post({ type: 'unload' })
  }

  async stop(): Promise<void> {
    await this.#worker.terminate()
  }

  #receive(message: FromThread): void {
    if (message.type === 'ready') return
    const call = this.#calls.get(message.call)
    this.#calls.delete(message.call)
    if (message.type === 'result') call?.resolve({ data: message.data, dims: message.dims })
    else call?.reject(new RestorationError(message.code, message.message, message.remedy))
  }

  #post(message: ToThread, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer)
  }
}

function interrupted(): RestorationError {
  return new RestorationError('interrupted', 'The run was cancelled.', 'Start it again when you like.')
}
