/**
 * `npm run bench`: what the host itself costs, beside the figures that ComfyUI 0.3.64 was measured at on two cores. CPU
 * time of host and runner stands beside the wall time, since other work on the machine only changes the latter.
 */
import { randomBytes } from 'node:crypto'
import sharp from 'sharp'
import type { Prompt } from '../../server/graph/prompt.ts'
import { restoreGraph } from '../story/graphs.ts'
import { type Host, startHost, upload } from '../story/host.ts'
import { BenchClient, type Taken } from './client.ts'
import { usageOf } from './processes.ts'

const START_ROUNDS = 5
/** Pictures of a round that wait to be restored. */
const QUEUED = 24
/** Who sends them: of each a host has one run under way. */
const CLIENTS = 4
const only = process.argv[2]

const rows: [what: string, measured: string, target: string, comfyui: string][] = []
const row = (...cells: (typeof rows)[number]) => {
  rows.push(cells)
  const [what, measured, target, comfyui] = cells
  process.stdout.write(`${what.padEnd(46)}${measured.padEnd(44)}${target.padEnd(12)}${comfyui}\n`)
}
row('what', 'measured', 'target', 'ComfyUI')

const starts: number[] = []
for (let round = 1; round < START_ROUNDS; round++) {
  const start = performance.now()
  const stopped = await startHost()
  starts.push(performance.now() - start)
  await stopped.stop()
}
const start = performance.now()
const host = await startHost()
starts.push(performance.now() - start)
const pid = host.process.pid!
const client = await BenchClient.open(host.url)
let pictures = 0

try {
  row('start to first /system_stats', ms(median(starts)), '≤ 1.0 s', '5.6 s')
  await client.get('/object_info')
  await pause(3000)
  row('memory of host and runner, idle', mib(usageOf(pid).memory), '≤ 200 MiB', '468 MiB')

  await section('tiny', async () => {
    const load = await picture(64, 64)
    for (let i = 0; i < 20; i++) await client.run(chain(1, load, `warm-${i}`))
    const fresh: string[] = []
    for (let i = 0; i < 41; i++) fresh.push(await picture(64, 64))
    const [first, cpu] = await costs(async () => {
      const taken: Taken[] = []
      for (const name of fresh) taken.push(await client.run(chain(1, name, 'tiny')))
      return taken
    })
    const cached: Taken[] = []
    for (const name of fresh) cached.push(await client.run(chain(1, name, 'tiny')))
    const { frames, bytes } = first[0]!
    const { frames: few } = cached[0]!
    row(
      'load, invert, save 64 × 64',
      `${times(first)}; ${each(cpu, first)}; ${frames} frames, ${bytes} B`,
      '≤ 4 ms',
      '4 ms',
    )
    row('… cached', `${times(cached)}; ${few} frames`, '', '2–6 ms')
  })

  await inverts(10, 11, '', '11–16 ms')
  await inverts(100, 11, '≤ 40 / 10 ms', '400 / 120 ms')
  await inverts(970, 5, '≤ 400 / 100 ms', '33 s / 34 s, 189 MB')
  await inverts(10_000, 3, 'runs', 'refused')

  await section('queue', async () => {
    const rates: number[] = []
    for (let round = 0; round < 3; round++) {
      const names: string[] = []
      for (let i = 0; i < 200; i++) names.push(await picture(64, 64))
      const begin = performance.now()
      const ids = await Promise.all(names.map((name) => client.submit(chain(1, name, `queue-${round}`))))
      for (const id of ids) await client.end(id)
      rates.push(200_000 / (performance.now() - begin))
    }
    row('200 queued prompts, all new', `${median(rates).toFixed(0)} / s`, '≥ 300 / s', '110 / s')
  })

  await section('at-once', async () => {
    const counts = [1, 2, 4]
    const hosts = await Promise.all(counts.map((count) => startHost(['--runs-at-once', String(count)])))
    const open = ({ url }: Host) =>
      Promise.all(Array.from({ length: CLIENTS }, (_, i) => BenchClient.open(url, `bench-${i}`)))
    const clients = await Promise.all(hosts.map(open))
    const rates = counts.map((): number[] => [])
    const used = counts.map(() => 0)
    const rounds = 3
    for (let round = 0; round <= rounds; round++) {
      for (const [i, other] of hosts.entries()) {
        const names: string[] = []
        for (let k = 0; k < QUEUED; k++) names.push(await picture(160, 120, other))
        const before = usageOf(other.process.pid!).cpu
        const begin = performance.now()
        await Promise.all(names.map((name, k) => clients[i]![k % CLIENTS]!.run(restoreGraph(name))))
        // The first round loads the model.
        if (round === 0) continue
        rates[i]!.push(QUEUED / ((performance.now() - begin) / 1000))
        used[i]! += (usageOf(other.process.pid!).cpu - before) / rounds / QUEUED
      }
    }
    const [alone] = rates.map(median)
    for (const [i, count] of counts.entries()) {
      const rate = median(rates[i]!)
      const times = `${rate.toFixed(1)} / s (${(rate / alone!).toFixed(2)} times)`
      const memory = mib(usageOf(hosts[i]!.process.pid!).memory)
      row(`160 × 120 restored × 4, ${count} at once`, `${times}; CPU ${ms(used[i]!)}; ${memory}`, '', '')
      for (const client of clients[i]!) client.close()
      await hosts[i]!.stop()
    }
  })

  await section('upscale', async () => {
    const taken: Taken[] = []
    const names: string[] = []
    for (let i = 0; i < 5; i++) names.push(await picture(2048, 1536))
    const [, cpu] = await costs(async () => {
      for (const name of names) taken.push(await client.run(upscale(name)))
    })
    row('2048 × 1536, Lanczos × 2, save', `${times(taken)}; ${each(cpu, taken)}`, '≤ 800 ms', '2450 ms')
  })

  await section('info', async () => {
    const took: number[] = []
    for (let i = 0; i < 21; i++) {
      const begin = performance.now()
      await client.get('/object_info')
      took.push(performance.now() - begin)
    }
    row('GET /object_info', ms(median(took)), '≤ 20 ms', '450 ms')
  })

  await section('memory', async () => {
    const memory: number[] = []
    for (let round = 0; round <= 4; round++) {
      for (let i = 0; round > 0 && i < 250; i++) await client.run(chain(1, await picture(64, 64), 'memory'))
      await pause(500)
      memory.push(usageOf(pid).memory)
    }
    row('memory at 0, 250 … 1,000 prompts', memory.map((size) => size.toFixed(0)).join(' → '), 'no growth', '670 → 670')
    await client.post('/free', { free_memory: true, unload_models: true })
    await client.run(chain(1, await picture(64, 64), 'memory'))
    await pause(3000)
    row('… after POST /free, which forgets all results', mib(usageOf(pid).memory), '', '')
  })
} finally {
  client.close()
  await host.stop()
}

/** A chain of inverts with new input bytes each time, then again from the cache. */
async function inverts(length: number, rounds: number, target: string, comfyui: string): Promise<void> {
  await section(`inverts-${length}`, async () => {
    await client.run(chain(length, await picture(64, 64), 'warm'))
    const names: string[] = []
    for (let i = 0; i < rounds; i++) names.push(await picture(64, 64))
    const first: Taken[] = []
    const [, cpu] = await costs(async () => {
      for (const name of names) first.push(await client.run(chain(length, name, 'chain')))
    })
    const cached: Taken[] = []
    const [, cachedCpu] = await costs(async () => {
      for (const name of names) cached.push(await client.run(chain(length, name, 'chain')))
    })
    const sent = `${(first[0]!.bytes / 1e6).toFixed(2)} MB`
    row(
      `${length} inverts, first / cached`,
      `${times(first)} / ${times(cached)}; ${each(cpu, first)} / ${each(cachedCpu, cached)}; ${sent}`,
      target,
      comfyui,
    )
  })
}

/** `node test/bench/host.ts NAME` measures only what begins with the name. */
async function section(name: string, measure: () => Promise<void>): Promise<void> {
  if (only === undefined || name.startsWith(only)) await measure()
}

function chain(length: number, image: string, prefix: string): Prompt {
  const nodes: Record<string, Prompt[string]> = { load: { class_type: 'LoadImage', inputs: { image } } }
  for (let i = 0; i < length; i++) {
    nodes[`n${i}`] = { class_type: 'ImageInvert', inputs: { image: [i === 0 ? 'load' : `n${i - 1}`, 0] } }
  }
  nodes.save = { class_type: 'SaveImage', inputs: { images: [`n${length - 1}`, 0], filename_prefix: prefix } }
  return nodes
}

function upscale(image: string): Prompt {
  return {
    load: { class_type: 'LoadImage', inputs: { image } },
    scale: {
      class_type: 'ImageScaleBy',
      inputs: { image: ['load', 0], upscale_method: 'lanczos', scale_by: 2 },
    },
    save: { class_type: 'SaveImage', inputs: { images: ['scale', 0], filename_prefix: 'upscaled' } },
  }
}

/** Uploads a picture that no run has seen: octaves of smooth noise with grain, as hard to compress as a photograph. */
async function picture(width: number, height: number, at = host): Promise<string> {
  const name = `bench-${pictures++}.png`
  const octaves: { input: Buffer; blend: 'soft-light' | 'over' }[] = []
  for (const divisor of width > 64 ? [256, 64, 16, 4] : [8]) {
    const [w, h] = [Math.max(2, Math.round(width / divisor)), Math.max(2, Math.round(height / divisor))]
    const noise = sharp(randomBytes(w * h * 3), { raw: { width: w, height: h, channels: 3 } })
    const input = await noise
      .resize(width, height, { kernel: 'cubic', fit: 'fill' })
      .png({ compressionLevel: 0 })
      .toBuffer()
    octaves.push({ input, blend: octaves.length === 0 ? 'over' : 'soft-light' })
  }
  const smooth = await sharp({ create: { width, height, channels: 3, background: '#808080' } })
    .composite(octaves)
    .removeAlpha()
    .raw()
    .toBuffer()
  const grain = randomBytes(smooth.length)
  for (let i = 0; i < smooth.length; i++) smooth[i] = Math.min(255, Math.max(0, smooth[i]! + (grain[i]! >> 5) - 4))
  const png = await sharp(smooth, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 4 })
    .toBuffer()
  await upload(at, name, png)
  return name
}

/** Runs something. @returns what it gave, and the CPU time of host and runner that it took, in ms */
async function costs<T>(work: () => Promise<T>): Promise<readonly [T, number]> {
  const before = usageOf(pid).cpu
  const result = await work()
  return [result, usageOf(pid).cpu - before]
}

function times(taken: readonly Taken[]): string {
  return ms(median(taken.map(({ time }) => time)))
}

function each(cpu: number, taken: readonly Taken[]): string {
  return `CPU ${ms(cpu / taken.length)}`
}

function ms(time: number): string {
  return `${time.toFixed(time < 20 ? 1 : 0)} ms`
}

function mib(memory: number): string {
  return `${memory.toFixed(0)} MiB`
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}

function pause(time: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, time))
}
