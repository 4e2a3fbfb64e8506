import { execFileSync } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { invertGraph, restoreGraph } from './graphs.ts'
import { Listener, post, root, runPrompt, upload, waitUntil } from './host.ts'
import { host, onHost } from './stage.ts'

let photograph: Buffer

onHost({
  before: async () => {
    photograph = await readFile(join(root, 'workflows/photographs/old-photograph.jpg'))
    await upload(host, 'photo.jpg', photograph)
  },
})

const succeeds = async () => {
  const record = await runPrompt(host, invertGraph('photo.jpg', `ok-${Date.now()}`))
  expect(record.status.status_str).toBe('success')
}

/** The longest stall of the host's event loop since it was last asked, in ms. */
async function eventLoopDelay(): Promise<number> {
  const stats = (await (await fetch(`${host.url}/system_stats`)).json()) as { system: { event_loop_delay: number } }
  return stats.system.event_loop_delay
}

/** A restoration that takes several seconds: a new overlap each time, so that no cache helps. */
let distinct = 0
const slowGraph = () => restoreGraph('photo.jpg', { scale: 4, tileSize: 256, overlap: 64 + 8 * distinct++ })

describe('while a model runs', () => {
  test('fifty sockets get their answers within 100 ms', async () => {
    const listener = await Listener.open(host.url, 'busy')
    const { body } = await post(host, '/prompt', { prompt: slowGraph(), client_id: 'busy' })
    const id = (body as { prompt_id: string }).prompt_id
    await listener.until('progress')
    const sockets = await Promise.all(Array.from({ length: 50 }, (_, i) => Listener.open(host.url, `s${i}`)))
    await eventLoopDelay()
    const delays: number[] = []
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        sockets.map(async (socket) => {
          const start = performance.now()
          await new Promise<void>((answered) => {
            socket.socket.once('pong', () => answered())
            socket.socket.ping()
          })
          delays.push(performance.now() - start)
        }),
      )
    }
    expect(listener.messages.some((message) => message.type === 'execution_success')).toBe(false)
    expect(await eventLoopDelay()).toBeLessThan(50)
    delays.sort((a, b) => a - b)
    expect(delays[Math.floor(delays.length * 0.99)]!).toBeLessThan(100)
    for (const socket of sockets) socket.close()
    await listener.until('execution_success', (data) => data.prompt_id === id)
    listener.close()
  })

  test('a run is cancelled soon, and the next one works', async () => {
    const listener = await Listener.open(host.url, 'cancel')
    const { body } = await post(host, '/prompt', { prompt: slowGraph(), client_id: 'cancel' })
    const id = (body as { prompt_id: string }).prompt_id
    await listener.until('progress')
    const start = performance.now()
    await post(host, '/interrupt', { prompt_id: id })
    await listener.until('execution_interrupted', (data) => data.prompt_id === id)
    expect(performance.now() - start).toBeLessThan(5000)
    await succeeds()
    listener.close()
  })
})

describe('when the runner is killed', () => {
  test('the run is run again, and the host lives on', async () => {
    const listener = await Listener.open(host.url, 'killed')
    const { body } = await post(host, '/prompt', { prompt: slowGraph(), client_id: 'killed' })
    const id = (body as { prompt_id: string }).prompt_id
    await listener.until('progress')
    const [runner] = children(host.process.pid!)
    process.kill(runner!, 'SIGKILL')
    await listener.until('execution_success', (data) => data.prompt_id === id)
    expect(listener.messages.filter(({ type }) => type === 'execution_start')).toHaveLength(2)
    await succeeds()
    expect(host.process.exitCode).toBeNull()
    expect(children(host.process.pid!)).not.toContain(runner)
    listener.close()
  })
})

describe('a bad file is refused by name, and the next run works', () => {
  const files: [string, () => Promise<Buffer>, RegExp][] = [
    ['text.png', async () => Buffer.from('this is no picture'), /image_unreadable/],
    ['cut.jpg', async () => photograph.subarray(0, 300), /image_unreadable/],
    ['huge.png', () => hugePng(), /image_too_large/],
  ]
  test.each(files)('%s', async (name, bytes, code) => {
    await upload(host, name, await bytes())
    const record = await runPrompt(host, invertGraph(name))
    expect(record.status.status_str).toBe('error')
    const [, data] = record.status.messages.find(([type]) => type === 'execution_error')!
    expect(data.node_id).toBe('load')
    expect(data.code).toMatch(code)
    expect(String(data.exception_message)).toContain(name)
    expect(String(data.remedy)).toMatch(/\w{3}/)
    expect(JSON.stringify(data)).not.toContain(host.data)
    await succeeds()
  })

  test('a picture of one pixel is restored', async () => {
    const pixel = sharp({ create: { width: 1, height: 1, channels: 3, background: '#804020' } })
    await upload(host, 'pixel.png', await pixel.png().toBuffer())
    expect((await runPrompt(host, restoreGraph('pixel.png'))).status.status_str).toBe('success')
  })
})

describe('a bad graph is refused before it runs', () => {
  const graph = () => restoreGraph('photo.jpg')
  test.each<[string, () => unknown, RegExp]>([
    ['an unknown node', () => ({ ...graph(), x: { class_type: 'Nope', inputs: {} } }), /Nope/],
    [
      'a missing link',
      () => ({ ...graph(), save: { class_type: 'SaveImage', inputs: { filename_prefix: 'x' } } }),
      /required_input_missing.*images/,
    ],
    [
      'a value out of range',
      () => ({ ...graph(), restore: { ...graph().restore, inputs: { ...graph().restore!.inputs, scale: 99 } } }),
      /value_bigger_than_max.*scale/,
    ],
    [
      'a model that is not installed',
      () => ({ ...graph(), model: { class_type: 'GenDRModelLoader', inputs: { model_name: 'none' } } }),
      /value_not_in_list.*model_name/,
    ],
    [
      'a cycle',
      () => ({ ...graph(), load: { class_type: 'ImageInvert', inputs: { image: ['restore', 0] } } }),
      /dependency_cycle/,
    ],
  ])('%s', async (_name, prompt, words) => {
    const { status, body } = await post(host, '/prompt', { prompt: prompt() })
    expect(status).toBe(400)
    expect(JSON.stringify(body)).toMatch(words)
    await succeeds()
  })
})

describe('a damaged model', () => {
  test('is named with its file, and other models keep working', async () => {
    const source = join(root, 'models/gendr-nano')
    const broken = join(host.data, 'models/broken')
    execFileSync('cp', ['-r', source, broken])
    const weights = (await readdir(broken)).find((file) => file !== 'manifest.json' && !file.endsWith('.md'))!
    const bytes = await readFile(join(broken, weights))
    bytes[Math.floor(bytes.length / 2)]! ^= 0xff
    await writeFile(join(broken, weights), bytes)
    const manifest = await readFile(join(broken, 'manifest.json'), 'utf8')
    await writeFile(join(broken, 'manifest.json'), manifest.replace('"name": "gendr-nano"', '"name": "broken"'))
    const prompt = restoreGraph('photo.jpg', { scale: 1 })
    prompt.model = { class_type: 'GenDRModelLoader', inputs: { model_name: 'broken' } }
    const record = await runPrompt(host, prompt)
    const [, data] = record.status.messages.find(([type]) => type === 'execution_error')!
    expect(data.code).toBe('model_corrupt')
    expect(String(data.exception_message)).toContain(weights)
    expect((await runPrompt(host, restoreGraph('photo.jpg', { scale: 1 }))).status.status_str).toBe('success')
  })
})

function children(pid: number): number[] {
  const table = execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
  return table.split('\n').filter(Boolean).map(Number)
}

/** A valid PNG of 40,000 × 40,000 black pixels of one bit, about 200 kB. */
async function hugePng(): Promise<Buffer> {
  const side = 40_000
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header[8] = 1
  const lines = deflateSync(Buffer.alloc(side * (side / 8 + 1)), { level: 1 })
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', lines), chunk('IEND', Buffer.alloc(0))])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}

test('the host is still the one that was started', async () => {
  await waitUntil(async () => (await fetch(`${host.url}/system_stats`)).ok)
  expect(host.process.exitCode).toBeNull()
})
