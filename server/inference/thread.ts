import { parentPort, workerData } from 'node:worker_threads'
import type { InferenceSession } from 'onnxruntime-node'
import type { GraphSignature, TensorSignature } from '../../nodes/sdk/context.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Tensor } from '../../nodes/sdk/values.ts'
import type { FromThread, GraphReference, Order, ThreadOptions, ToThread } from './messages.ts'
import { cleanReason, SessionPool } from './session-pool.ts'
import { type PictureType, toFloats, toTensor } from './tensor-types.ts'

/** A thread that runs models, one call after the other; a call blocks it, and it alone. */
const port = parentPort!
const options = workerData as ThreadOptions

serve(new SessionPool(options.provider, options.sessionBytes))

function serve(pool: SessionPool): void {
  let last: Promise<unknown> = Promise.resolve()
  port.on('messageerror', ({ message }) =>
    send({
      type: 'error',
      code: 'inference_failed',
      message: `The tensors of a call were lost on the way: ${message}.`,
      remedy: 'A node has given them away before; tell whoever wrote it.',
    }),
  )
  port.on('message', (message: ToThread) => {
    last = last.then(() => (message.type === 'unload' ? pool.clear() : answer(pool, message)))
  })
}

async function answer(pool: SessionPool, order: Order): Promise<void> {
  try {
    const session = await pool.get(order.graph, order.cores)
    if (order.type === 'signature') {
      send({ type: 'signature', signature: signatureOf(session) })
      return
    }
    const { data, dims } = await run(session, order)
    send({ type: 'result', data, dims }, [data.buffer as ArrayBuffer])
  } catch (error) {
    send({ type: 'error', ...inWords(error as RestorationError) })
  }
}

function inWords({ code, message, remedy }: RestorationError) {
  return { code, message, remedy }
}

function signatureOf({ inputMetadata, outputMetadata }: InferenceSession): GraphSignature {
  return { inputs: inputMetadata.map(tensorSignature), outputs: outputMetadata.map(tensorSignature) }
}

function tensorSignature(value: InferenceSession.ValueMetadata): TensorSignature {
  if (!value.isTensor) return { name: value.name, type: 'no tensor', dims: [] }
  const dims = value.shape.map((size) => (typeof size === 'number' ? size : undefined))
  return { name: value.name, type: value.type, dims }
}

async function run(session: InferenceSession, order: Extract<Order, { type: 'run' }>): Promise<Tensor> {
  const { data, dims } = await call(session, order)
  checkFinite(data, order.graph)
  return { data, dims }
}

async function call(session: InferenceSession, { graph, inputs }: Extract<Order, { type: 'run' }>): Promise<Tensor> {
  try {
    const feeds = inputs.map(({ data, dims }, i) => {
      const { name, type } = tensorSignature(session.inputMetadata[i]!)
      return [name, toTensor(type as PictureType, data, dims)] as const
    })
    const results = await session.run(Object.fromEntries(feeds))
    const output = results[session.outputNames[0]!]!
    return { data: toFloats(output), dims: output.dims }
  } catch (cause) {
    const sizes = inputs.map(({ dims }) => `[${dims.join(', ')}]`).join(' and ')
    throw new RestorationError(
      'inference_failed',
      `The ${graph.label} failed on a tensor ${sizes}: ${cleanReason(cause, graph.path)}`,
      graph.remedy ?? 'Use a smaller tile size if memory ran out; otherwise import the model again.',
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
