/**
 * `npm run bench:model`: how long a restoration takes, how far that is from what the machine's convolution rate
 * allows, and how soon the host answers. Ratios within one run are what to compare; times depend on the machine.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { Inference } from '../../server/inference/inference.ts'
import type { GraphReference } from '../../server/inference/messages.ts'
import { restoreGraph } from '../story/graphs.ts'
import { type HistoryRecord, root, runPrompt, startHost, upload } from '../story/host.ts'
import { gmacOf } from './model-card.ts'
import { chainOfConvolutions, compactNetwork } from './networks.ts'
import { usageOf } from './processes.ts'

const GMAC = gmacOf(await readFile(join(root, 'docs/model-card.md'), 'utf8'))
const ROUNDS = 7

const TILES = 8

const never = new AbortController().signal

/** Convolutions in a row; one alone would mostly measure how tensors get in and out. */
const LAYERS = 8

const inference = await Inference.start({ device: 'cpu', threads: availableParallelism(), sessionBytes: 2 ** 30 })
const rate = await convolutionRate()
const graph = await graphTime()
const compact = await compactTime()
const tiles = await tilesTime()
await inference.stop()
const start = performance.now()
const host = await startHost()
const answered = performance.now() - start
try {
  const square = await restoreTimes(128, 128)
  const peak = usageOf(host.process.pid!).peak
  const wide = await restoreTimes(192, 128)
  const floor = (2 * GMAC) / rate
  const rows = [
    ['start to first /system_stats', `${answered.toFixed(0)} ms`],
    ['convolution rate, 64 channels 3 × 3', `${rate.toFixed(0)} GFLOP/s`],
    [`floor of a restoration in float32 (${(2 * GMAC).toFixed(0)} GFLOP)`, `${(1000 * floor).toFixed(0)} ms`],
    ['the fused graph alone, 512 × 512', `${(1000 * graph).toFixed(0)} ms`],
    ['128 × 128 to 512 × 512: GenDR Restore, whole run', inWords(square)],
    ['192 × 128 to 768 × 512: GenDR Restore, whole run', inWords(wide)],
    ["the same by a network of Upscayl lite's layers alone", `${(1000 * compact).toFixed(0)} ms`],
    [`${TILES} tiles of 768 × 768, one after the other`, `${(1000 * tiles.alone).toFixed(0)} ms`],
    ['the same together', `${(1000 * tiles.together).toFixed(0)} ms`],
    ['peak memory of host and runner after 512 × 512', `${peak.toFixed(0)} MiB`],
    ['ratio to the floor: fused graph, whole run', `${(graph / floor).toFixed(2)}, ${(square.run / floor).toFixed(2)}`],
  ]
  for (const [what, value] of rows) process.stdout.write(`${what!.padEnd(54)}${value}\n`)
} finally {
  await host.stop()
}

/** Seconds. */
interface Times {
  readonly node: number
  readonly run: number
}

/** Medians of the node and of load, restore and save together, as warm as the graphs alone; each round differs a little, so that no cache helps. */
async function restoreTimes(width: number, height: number): Promise<Times> {
  const photograph = join(root, 'workflows/photographs/old-photograph.jpg')
  const name = `bench-${width}x${height}.png`
  await upload(host, name, await sharp(photograph).resize(width, height, { fit: 'cover' }).png().toBuffer())
  const times: Times[] = []
  for (let round = 0; round < 2 * ROUNDS; round++) {
    const record = await runPrompt(
      host,
      restoreGraph(name, { tileSize: 768, overlap: 8 * round, prefix: `bench-${round}` }),
    )
    if (round >= ROUNDS) times.push({ node: record.node_times!.restore! / 1000, run: runTimeOf(record) })
  }
  return { node: median(times.map(({ node }) => node)), run: median(times.map(({ run }) => run)) }
}

/** From its start to its end by the host's clock. */
function runTimeOf({ status: { messages } }: HistoryRecord): number {
  const at = (type: string) => Number(messages.find(([name]) => name === type)?.[1].timestamp)
  return (at('execution_success') - at('execution_start')) / 1000
}

function inWords({ node, run }: Times): string {
  return `${(1000 * node).toFixed(0)} ms, ${(1000 * run).toFixed(0)} ms`
}

/** GFLOP/s of convolutions, 64 to 64 channels, 3 × 3, at 256 × 256, through the product's own inference thread. */
async function convolutionRate(): Promise<number> {
  const seconds = await networkTime(chainOfConvolutions(LAYERS), [1, 64, 256, 256])
  return (LAYERS * 2 * 64 * 64 * 9 * 256 * 256) / seconds / 1e9
}

/** Median seconds of a network of the layers of Upscayl's lite model, on 192 × 128 pixels: what a restoration is to be measured against. */
function compactTime(): Promise<number> {
  return networkTime(compactNetwork(), [1, 3, 128, 192])
}

async function networkTime(bytes: Uint8Array, dims: readonly number[]): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'gendr-bench-'))
  const path = join(folder, 'network.onnx')
  await writeFile(path, bytes)
  const seconds = await runTime(path, dims)
  await rm(folder, { recursive: true })
  return seconds
}

/** Median seconds of the shipped model's fused graph. */
function graphTime(): Promise<number> {
  return runTime(join(root, 'models/gendr-nano/fused.cpu.onnx'), [1, 3, 512, 512])
}

/** Median seconds of one warm run on the product's own inference thread. */
async function runTime(path: string, dims: readonly number[]): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < 2 * ROUNDS; round++) {
    const length = dims.reduce((product, size) => product * size, 1)
    const tensor = { data: new Float32Array(length).fill(0.1), dims }
    const begin = performance.now()
    await inference.run(graphAt(path), tensor, never)
    if (round >= ROUNDS) times.push((performance.now() - begin) / 1000)
  }
  return median(times)
}

/** Seconds of the tiles of a large picture through the fused graph, and of the same when they wait together as in GenDR Restore. */
async function tilesTime(): Promise<{ readonly alone: number; readonly together: number }> {
  const path = join(root, 'models/gendr-nano/fused.cpu.onnx')
  const tile = () =>
    inference.run(graphAt(path), { data: new Float32Array(3 * 768 ** 2).fill(0.1), dims: [1, 3, 768, 768] }, never)
  const alone: number[] = []
  const together: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now()
    for (let i = 0; i < TILES; i++) await tile()
    const middle = performance.now()
    await Promise.all(Array.from({ length: TILES }, tile))
    alone.push((middle - begin) / 1000)
    together.push((performance.now() - middle) / 1000)
  }
  return { alone: median(alone), together: median(together) }
}

function graphAt(path: string): GraphReference {
  return { label: 'bench', path, bytes: 2 ** 20, shares: true }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}
