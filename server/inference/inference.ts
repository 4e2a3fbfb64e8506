import type { GraphSignature } from '../../nodes/sdk/context.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Tensor } from '../../nodes/sdk/values.ts'
import { InferenceThread } from './inference-thread.ts'
import type { Answer, DeviceReport, FromThread, GraphReference, Question } from './messages.ts'
import { probeDevice } from './probe-device.ts'

export interface InferenceOptions {
  readonly device: 'auto' | DeviceReport['provider']
  /** How many cores models may use. */
  readonly threads: number
  /** Sessions of a thread beyond this many bytes of weights are dropped, least recently used first. */
  readonly sessionBytes: number
}

/** At most so many calls at once: each has a session of its own, and what that holds of a tile is hundreds of megabytes. */
const MOST_AT_ONCE = 4

/** Weights that are held once for each thread. */
const SHARED_WEIGHTS = 64 * 2 ** 20

/** Values of a tensor up to which several are worked on at once: of a square of 1024 pixels in RGB. */
const SHARED_VALUES = 6 * 2 ** 20

interface Call {
  readonly order: Question
  readonly settle: (answer: FromThread | Error) => void
}

/**
 * The runner's side of the threads that run models. One call alone gets all cores; of several small ones that wait together each gets
 * a part of them, which is faster (measured on two cores: tiles of gendr-nano 1.25 to 1.65 times), since half of what surrounds convolutions
 * is not spread over cores by ONNX Runtime. Which of both it is does not change results.
 */
export class Inference {
  readonly device: DeviceReport
  /** How many small calls are computed at once; more wait. */
  readonly atOnce: number
  readonly #cores: number
  readonly #threads: readonly InferenceThread[]
  /** Those that are cancelled here never reach a thread. */
  readonly #waiting = new Set<Call>()
  /** Whether the threads are at several calls, or were last. */
  #isShared = false
  #isAdvancing = false

  private constructor(device: DeviceReport, { threads, sessionBytes }: InferenceOptions) {
    this.device = device
    this.#cores = threads
    this.atOnce = device.provider === 'cpu' ? Math.min(threads, MOST_AT_ONCE) : 1
    const options = { provider: device.provider, sessionBytes }
    this.#threads = Array.from({ length: this.atOnce }, () => new InferenceThread(options))
  }

  /** Chooses the device. @throws RestorationError `device_unavailable` */
  static async start(options: InferenceOptions): Promise<Inference> {
    return new Inference(await probeDevice(options.device), options)
  }

  /**
   * Runs a graph on one tensor for each of its inputs; gives its first output. Values are converted from float32 to what
   * the graph takes, and back. The tensors' buffers are transferred.
   * An abort rejects at once while the call waits. One that a thread is in ends first: who cannot wait for that has
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

  /** Drops every session once the calls that the threads are in are done. */
  unload(): void {
    for (const thread of this.#threads) thread.unload()
  }

  async stop(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()))
  }

  #ask<Type extends Answer['type']>(order: Question, expected: Type, signal: AbortSignal) {
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
          else if (answer.type === 'error') reject(new RestorationError(answer.code, answer.message, answer.remedy))
          else if (isOf(answer, expected)) resolve(answer)
          else reject(new Error(`expected ${expected} but received ${answer.type}`))
        },
      }
      signal.addEventListener('abort', abort, { once: true })
      this.#waiting.add(call)
      this.#advance()
    })
  }

  /** Later, so that calls that are made together are seen together. */
  #advance(): void {
    if (this.#isAdvancing) return
    this.#isAdvancing = true
    setImmediate(() => {
      this.#isAdvancing = false
      this.#begin()
    })
  }

  #begin(): void {
    for (const call of this.#waiting) {
      const index = this.#threads.findIndex(({ isFree }) => isFree)
      const thread = this.#threads[index]
      const isIdle = this.#threads.every(({ isFree }) => isFree)
      const shares = isSmall(call.order) && (isIdle ? this.#areSeveral() : this.#isShared)
      if (thread === undefined || !(isIdle || shares)) return
      this.#waiting.delete(call)
      this.#isShared = shares
      void this.#run(call, thread, shares ? this.#share(index) : this.#cores)
    }
  }

  /** The cores of a thread where all have some: as many each as there are, the first ones one of the rest. */
  #share(index: number): number {
    return Math.floor((this.#cores + this.atOnce - 1 - index) / this.atOnce)
  }

  #areSeveral(): boolean {
    return Array.from(this.#waiting).filter(({ order }) => isSmall(order)).length > 1
  }

  async #run({ order, settle }: Call, thread: InferenceThread, cores: number): Promise<void> {
    try {
      settle(await thread.ask({ ...order, cores }))
    } catch (error) {
      settle(error as Error)
    }
    this.#advance()
  }
}

/** Whether it may be one of several at once. */
function isSmall(order: Question): boolean {
  if (order.type !== 'run' || !order.graph.shares || order.graph.bytes > SHARED_WEIGHTS) return false
  return order.inputs.every(({ data }) => data.length <= SHARED_VALUES)
}

function isOf<Type extends Answer['type']>(answer: Answer, type: Type): answer is Extract<Answer, { type: Type }> {
  return answer.type === type
}

function interrupted(): RestorationError {
  return new RestorationError('interrupted', 'The run was cancelled.', 'Start it again when you like.')
}
