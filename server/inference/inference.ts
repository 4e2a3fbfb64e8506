import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { GraphSignature } from '../../nodes/sdk/context.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Tensor } from '../../nodes/sdk/values.ts'
import type { Answer, DeviceReport, FromThread, GraphReference, Order, ThreadOptions, ToThread } from './messages.ts'
import { probeDevice } from './probe-device.ts'

interface Call {
  readonly order: Order
  readonly settle: (answer: Answer | Error) => void
}

export interface InferenceOptions extends Omit<ThreadOptions, 'provider'> {
  readonly device: 'auto' | DeviceReport['provider']
}

/** The runner's side of the inference thread, which starts when it is first needed. */
export class InferenceThread {
  readonly device: DeviceReport
  readonly #options: ThreadOptions
  #worker: Worker | undefined
  /** Only one call is in the thread at a time, so that those that are cancelled here never reach it. */
  readonly #waiting = new Set<Call>()
  #running: Call | undefined
  #stopping = false

  private constructor(device: DeviceReport, options: ThreadOptions) {
    this.device = device
    this.#options = options
  }

  /** Chooses the device. @throws RestorationError `device_unavailable` */
  static async start({ device: wanted, ...options }: InferenceOptions): Promise<InferenceThread> {
    const device = await probeDevice(wanted)
    return new InferenceThread(device, { ...options, provider: device.provider })
  }

  /**
   * Runs a graph on one tensor for each of its inputs; gives its first output. Values are converted from float32 to what
   * the graph takes, and back. The tensors' buffers are transferred.
   * An abort rejects at once while the call waits. The one that the thread is in ends first: who cannot wait for that has
   * to end the process (Supervisor), or further calls would wait behind it for ever.
   */
  async run(graph: GraphReference, input: Tensor | readonly Tensor[], signal: AbortSignal): Promise<Tensor> {
    const inputs = 'dims' in input ? [input] : input
    const { data, dims } = await this.#ask({ type: 'run', graph, inputs }, 'result', signal)
    return { data, dims }
  }

  /** What a graph takes and gives; loads it. */
  async signature(graph: GraphReference, signal: AbortSignal): Promise<GraphSignature> {
    return (await this.#ask({ type: 'signature', graph }, 'signature', signal)).signature
  }

  /** Drops every session once the calls that wait are done. */
  unload(): void {
    this.#worker?.postMessage({ type: 'unload' } satisfies ToThread)
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#worker?.terminate()
  }

  #ask<Type extends Answer['type']>(order: Order, expected: Type, signal: AbortSignal) {
    if (signal.aborted) return Promise.reject(interrupted())
    return new Promise<Extract<Answer, { type: Type }>>((resolve, reject) => {
      const abort = () => {
        if (this.#waiting.delete(call)) reject(interrupted())
      }
      const call: Call = {
        order,
        settle(answer) {
          signal.removeEventListener('abort', abort)
          if (signal.aborted) reject(interrupted())
          else if (answer instanceof Error) reject(answer)
          else if (isOf(answer, expected)) resolve(answer)
          else reject(new Error(`expected ${expected} but received ${answer.type}`))
        },
      }
      signal.addEventListener('abort', abort, { once: true })
      this.#waiting.add(call)
      this.#advance()
    })
  }

  #receive(message: FromThread): void {
    const call = this.#running
    this.#running = undefined
    this.#advance()
    if (message.type !== 'error') call?.settle(message)
    else call?.settle(new RestorationError(message.code, message.message, message.remedy))
  }

  #advance(): void {
    for (const call of this.#waiting) {
      if (this.#running !== undefined) return
      this.#waiting.delete(call)
      const { order } = call
      const tensors = order.type === 'run' ? order.inputs : []
      try {
        this.#post(
          order,
          tensors.map(({ data }) => data.buffer as ArrayBuffer),
        )
        this.#running = call
      } catch (error) {
        call.settle(error as Error)
      }
    }
  }

  #post(message: ToThread, transfer: ArrayBuffer[] = []): void {
    this.#worker ??= this.#start()
    this.#worker.postMessage(message, transfer)
  }

  #start(): Worker {
    const worker = startThread(this.#options)
    worker.on('message', (message: FromThread) => this.#receive(message))
    // A thread that dies takes its process along: the supervisor starts both again.
    worker.on('error', (error) => {
      throw error
    })
    worker.on('exit', (code) => {
      if (!this.#stopping) throw new Error(`the inference thread ended with code ${code}`)
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

function isOf<Type extends Answer['type']>(answer: Answer, type: Type): answer is Extract<Answer, { type: Type }> {
  return answer.type === type
}

function interrupted(): RestorationError {
  return new RestorationError('interrupted', 'The run was cancelled.', 'Start it again when you like.')
}
