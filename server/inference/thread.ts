import { parentPort, workerData } from 'node:worker_threads'
import { type InferenceSession, Tensor } from 'onnxruntime-node'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { chooseDevice } from './devices.ts'
import type { FromThread, GraphReference, ThreadOptions, ToThread } from './messages.ts'
import { cleanReason, SessionPool } from './session-pool.ts'

/** The thread that runs models, one call after the other; a call blocks it, and it alone. */
const port = parentPort!
const options = workerData as ThreadOptions

try {
  const device = await chooseDevice(options.device)
  serve(new SessionPool(device.provider, options.threads, options.sessionBytes))
  send({ type: 'ready', device })
} catch (error) {
  if (!(error instanceof RestorationError)) throw error
  send({ type: 'unusable', ...inWords(error) })
}

function serve(pool: SessionPool): void {
  let last: Promise<unknown> = Promise.resolve()
  port.on('message', (message: ToThread) => {
    last = last.then(() => (message.type === 'unload' ? pool.clear() : answer(pool, message)))
  })
}

async function answer(pool: SessionPool, { graph, data, dims }: Extract<ToThread, { type: 'run' }>): Promise<void> {
  try {
    const output = await run(pool, graph, data, dims)
    const result = output.data as Float32Array
    send({ type: 'result', data: result, dims: output.dims }, [result.buffer as ArrayBuffer])
  } catch (error) {
    send({ type: 'error', ...inWords(error as RestorationError) })
  }
}

function inWords({ code, message, remedy }: RestorationError) {
  return { code, message, remedy }
}

async function run(
  pool: SessionPool,
  graph: GraphReference,
  data: Float32Array,
  dims: readonly number[],
): Promise<Tensor> {
  const session = await pool.get(graph)
  const output = await call(session, graph, data, dims)
  checkFinite(output.data as Float32Array, graph)
  return output
}

async function call(
  session: InferenceSession,
  graph: GraphReference,
  data: Float32Array,
  dims: readonly number[],
): Promise<Tensor> {
  try {
    const results = await session.run({ [session.inputNames[0]!]: new Tensor('float32', data, dims) })
    return results[session.outputNames[0]!]!
  } catch (cause) {
    throw new RestorationError(
      'inference_failed',
      `The ${graph.label} failed on a tensor [${dims.join(', ')}]: ${cleanReason(cause, graph.path)}`,
      'Use a smaller tile size if memory ran out; otherwise import the model again.',
      { cause },
    )
  }
}

function checkFinite(data: Float32Array, { label }: GraphReference): void {
  // A sum is NaN or infinite as soon as one of its terms is.
  let sum = 0
  for (let i = 0; i < data.length; i++) sum += data[i]! * 0
  if (sum === 0) return
  throw new RestorationError(
    'output_not_finite',
    `The ${label} returned values that are not numbers.`,
    'The weights may be damaged or overflow at this precision: verify the model, or import it again as fp32.',
  )
}

function send(message: FromThread, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer)
}
