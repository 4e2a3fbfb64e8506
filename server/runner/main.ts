import { nodes } from '../../nodes/index.ts'
import { describeNode } from '../../nodes/sdk/description.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { catalogueOf } from '../graph/catalogue.ts'
import { Inference } from '../inference/inference.ts'
import { atOnce } from '../storage/file-system.ts'
import { Storage } from '../storage/storage.ts'
import { tidyMemory } from '../tidy-memory.ts'
import { ResultCache } from './cache.ts'
import { codeVersion } from './code-version.ts'
import { DiskCache } from './disk-cache.ts'
import { EventBundler } from './event-bundler.ts'
import { type ExecutorOptions, execute } from './executor.ts'
import { LayeredCache } from './layered-cache.ts'
import type { FromRunner, RunnerOptions, ToRunner } from './messages.ts'
import { ModelStore } from './model-store.ts'
import { deliveredFiles, runFiles } from './run-files.ts'

/** The runner process: all runs that the host sends, at once. */
const options = JSON.parse(process.argv[2] ?? '{}') as RunnerOptions
// Not `exit`: it tears the inference thread down, and ONNX Runtime aborts with a core dump when that happens in a call.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
// A host that was killed while this process was starting has been gone since before anybody listened.
if (!process.connected) process.kill(process.pid, 'SIGKILL')
// An interrupt from the terminal reaches the whole group; the host decides when its runner ends.
process.on('SIGINT', () => {})

const storage = await Storage.open(options, atOnce)
const models = new ModelStore(options.modelRoots)
const inference = await startInference()
const memory = new ResultCache(options.cacheBytes)
const disk = options.diskCacheBytes === 0 ? undefined : openDiskCache()
const cache = disk === undefined ? memory : new LayeredCache(memory, disk)
const descriptions = nodes.map(({ category, node }) => describeNode(node, category))

const executor: ExecutorOptions = {
  nodes: new Map(nodes.map(({ node }) => [node.id, node])),
  catalogue: catalogueOf(descriptions),
  cache,
  logFault: (error) => console.error(error),
  filesOf: async ({ images = [], a_images = [], b_images = [] }) => {
    const states = await Promise.all([...images, ...a_images, ...b_images].map((file) => storage.state(file)))
    return states.includes(undefined) ? undefined : states.join()
  },
  contextOf: (run, nodeId, signal, reporter, { node, origin, say, warn }) => ({
    node,
    say,
    warn,
    origin: options.saveMetadata ? origin : () => undefined,
    signal,
    nodeId,
    models,
    maxPixels: options.maxPixels,
    metadata: options.saveMetadata
      ? { prompt: run.prompt, extraPnginfo: run.extraPnginfo }
      : { prompt: undefined, extraPnginfo: {} },
    files: runFiles(deliveredFiles(storage, run, nodeId, reporter), run, (filename, extension, bytes, index) => {
      const format = `image/${extension === 'jpg' ? 'jpeg' : extension}`
      reporter.emit({ type: 'result_image', node: nodeId, index, filename, format, bytes })
    }),
    inference: {
      atOnce: inference.atOnce,
      run: (model, part, input) => inference.run(models.graph(model, part), input, signal),
      signature: (model) => inference.signature(models.iqaGraph(model), signal),
      score: (model, inputs) => inference.run(models.iqaGraph(model), inputs, signal),
    },
    progress(value, max, preview) {
      signal.throwIfAborted()
      reporter.progress(nodeId, value, max, preview)
    },
    send: (bytes) => reporter.emit({ type: 'node_preview', node: nodeId, format: 'image/png', bytes }),
  }),
}

const bundler = new EventBundler((events) => send({ type: 'events', events }))
const cancellations = new Map<string, AbortController>()

process.on('message', (message: ToRunner) => {
  switch (message.type) {
    case 'run': {
      const cancellation = new AbortController()
      cancellations.set(message.run.id, cancellation)
      void execute(message.run, executor, cancellation.signal, (event) => bundler.post(event)).then(() => {
        if (cancellations.get(message.run.id) === cancellation) cancellations.delete(message.run.id)
      })
      break
    }
    case 'cancel':
      cancellations.get(message.runId)?.abort()
      break
    case 'free':
      if (message.unloadModels) inference.unload()
      if (message.freeMemory) {
        void cache.clear()
        tidyMemory()
      }
      break
  }
})
send({ type: 'ready', catalogue: descriptions, device: inference.device })

function openDiskCache(): DiskCache {
  const { cacheRoot, diskCacheBytes, saveMetadata } = options
  return new DiskCache({
    folder: cacheRoot,
    budget: diskCacheBytes,
    version: () => codeVersion({ device: inference.device.provider, saveMetadata }),
    onTrouble: (error) => console.error(error),
  })
}

/** A device that is not there is told of in words; the process then ends, since there is nothing that it can do. */
async function startInference(): Promise<Inference> {
  const { device, threads } = options
  try {
    return await Inference.start({ device, threads, sessionBytes: 8 * 2 ** 30 })
  } catch (error) {
    if (!(error instanceof RestorationError)) throw error
    const { code, message, remedy } = error
    return new Promise(() => send({ type: 'unusable', code, message, remedy }, () => process.exit(1)))
  }
}

function send(message: FromRunner, sent: () => void = () => {}): void {
  if (process.connected) process.send?.(message, sent)
}
