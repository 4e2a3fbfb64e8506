import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { WebSocket } from 'ws'

export const root = resolve(import.meta.dirname, '../..')

/** Milliseconds: the first start builds the host, and the machine may have other things to do. */
const START = 180_000

/** A real host on a port and a data folder of its own, started as a user starts it. */
export interface Host {
  readonly url: string
  readonly data: string
  readonly process: ChildProcess
  /** What it printed so far. */
  output(): string
  stop(): Promise<void>
}

export async function startHost(flags: readonly string[] = []): Promise<Host> {
  const data = await mkdtemp(join(tmpdir(), 'gendr-story-'))
  const port = await freePort()
  const child = spawn(
    process.execPath,
    ['server/start.mjs', 'serve', '--port', String(port), '--data', data, '--device', 'cpu', ...flags],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += chunk
  })
  child.stderr.on('data', (chunk) => {
    text += chunk
  })
  const host: Host = {
    url: `http://127.0.0.1:${port}`,
    data,
    process: child,
    output: () => text,
    stop: async () => {
      if (child.exitCode === null) {
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      await rm(data, { recursive: true, force: true })
    },
  }
  try {
    await waitUntil(async () => {
      if (child.exitCode !== null) throw new Error(`the host ended at its start:\n${text}`)
      const answer = await fetch(`${host.url}/system_stats`).catch(() => undefined)
      // 401 from a host with a token.
      return answer?.ok === true || answer?.status === 401
    }, START)
  } catch (error) {
    await host.stop()
    throw error
  }
  return host
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}

export async function waitUntil(condition: () => Promise<boolean> | boolean, timeout = 60_000): Promise<void> {
  const end = Date.now() + timeout
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${timeout} ms in vain`)
    await new Promise((wake) => setTimeout(wake, 50))
  }
}

export interface Message {
  readonly type: string
  readonly data: Record<string, unknown>
}

/** A frame of our own or of ComfyUI's: kind, JSON header (kinds 4 and 17) and bytes. */
export interface BinaryFrame {
  readonly kind: number
  readonly header: Record<string, unknown>
  readonly bytes: Buffer
}

/** A socket that keeps everything it hears. */
export class Listener {
  readonly messages: Message[] = []
  readonly frames: BinaryFrame[] = []
  readonly socket: WebSocket

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.frames.push(decode(data))
      else this.messages.push(JSON.parse(data.toString()))
    })
  }

  static async open(url: string, clientId = 'story'): Promise<Listener> {
    const listener = new Listener(new WebSocket(`${url.replace('http', 'ws')}/ws?clientId=${clientId}`))
    await listener.until('status')
    return listener
  }

  async until(type: string, test: (data: Record<string, unknown>) => boolean = () => true): Promise<Message> {
    let found: Message | undefined
    await waitUntil(() => {
      found = this.messages.find((message) => message.type === type && test(message.data))
      return found !== undefined
    }, 120_000)
    return found!
  }

  sendFrame(header: object, bytes: Uint8Array): void {
    const json = Buffer.from(JSON.stringify(header))
    const head = Buffer.alloc(8)
    head.writeUInt32BE(16, 0)
    head.writeUInt32BE(json.length, 4)
    this.socket.send(Buffer.concat([head, json, bytes]))
  }

  sendJson(message: unknown): void {
    this.socket.send(JSON.stringify(message))
  }

  close(): void {
    this.socket.terminate()
  }
}

function decode(data: Buffer): BinaryFrame {
  const kind = data.readUInt32BE(0)
  if (kind !== 4 && kind !== 17) return { kind, header: {}, bytes: data.subarray(8) }
  const length = data.readUInt32BE(4)
  return { kind, header: JSON.parse(data.toString('utf8', 8, 8 + length)), bytes: data.subarray(8 + length) }
}

export async function post(host: Host, path: string, body: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${host.url}${path}`, { method: 'POST', body: JSON.stringify(body) })
  return { status: response.status, body: await response.json() }
}

export async function upload(host: Host, name: string, bytes: Uint8Array): Promise<void> {
  const form = new FormData()
  form.set('image', new Blob([Uint8Array.from(bytes)]), name)
  const response = await fetch(`${host.url}/upload/image`, { method: 'POST', body: form })
  if (!response.ok) throw new Error(`upload of ${name}: ${response.status}`)
}

export interface HistoryRecord {
  readonly outputs: Record<string, { images?: { filename: string; subfolder: string; type: string }[] }>
  readonly status: { status_str: string; completed: boolean; messages: [string, Record<string, unknown>][] }
  /** Milliseconds by node. */
  readonly node_times?: Record<string, number>
}

const ENDS = ['execution_success', 'execution_error', 'execution_interrupted']

/** Submits a prompt and waits for its record, without a question to the host in between, which would slow the run. */
export async function runPrompt(host: Host, prompt: unknown): Promise<HistoryRecord> {
  const client = randomUUID()
  const listener = await Listener.open(host.url, client)
  try {
    const answer = await post(host, '/prompt', { prompt, client_id: client })
    if (answer.status !== 200) throw new Error(`refused: ${JSON.stringify(answer.body)}`)
    const id = (answer.body as { prompt_id: string }).prompt_id
    await waitUntil(
      () => listener.messages.some(({ type, data }) => ENDS.includes(type) && data.prompt_id === id),
      300_000,
    )
    let record: HistoryRecord | undefined
    await waitUntil(async () => {
      const history = (await (await fetch(`${host.url}/history/${id}`)).json()) as Record<string, HistoryRecord>
      record = history[id]
      return record !== undefined
    })
    return record!
  } finally {
    listener.close()
  }
}

/** The first picture that a node of a finished run saved. */
export async function savedImage(host: Host, record: HistoryRecord, node: string): Promise<Buffer> {
  const file = record.outputs[node]?.images?.[0]
  if (file === undefined) throw new Error(`node ${node} saved nothing: ${JSON.stringify(record.status)}`)
  const response = await fetch(`${host.url}/view?${new URLSearchParams(file)}`)
  return Buffer.from(await response.arrayBuffer())
}
