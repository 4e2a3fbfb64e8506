import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { type Host, type HostParts, startHost } from '../../../server/cli/host.ts'
import { type Flags, fileRoots, serveSettings } from '../../../server/config.ts'
import { Storage } from '../../../server/storage/storage.ts'

export const fakeRunner = { entry: join(import.meta.dirname, 'fake-runner.mjs'), execArgv: [] }

/** A host in this process with a runner that runs no models. */
export interface FakeHost extends Host {
  readonly data: string
  readonly log: string[]
  /** Closes the host and removes its data. */
  stop(): Promise<void>
}

export interface FakeHostOptions {
  readonly data?: string
  readonly token?: string
  readonly device?: string
  readonly parts?: Partial<HostParts>
  readonly flags?: Flags
}

export async function startFakeHost({ data, token, device, parts, flags }: FakeHostOptions = {}): Promise<FakeHost> {
  const folder = data ?? (await mkdtemp(join(tmpdir(), 'gendr-host-')))
  const settings = serveSettings({ data: folder, port: '0', token, device: device ?? 'cpu', ...flags }, {})
  const log: string[] = []
  const host = await startHost(settings, {
    files: await Storage.open(fileRoots(settings)),
    models: async () => ({
      gendr_models: ['gendr-nano'],
      gendr_settings: ['default'],
      upscale_models: [],
      iqa_models: [],
    }),
    runner: fakeRunner,
    log: (line) => log.push(line),
    ...parts,
  })
  return {
    ...host,
    data: folder,
    log,
    stop: async () => {
      await host.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A graph of one Fake node. */
export function fakeGraph(behaviour: string, node = '1') {
  return { [node]: { class_type: 'Fake', inputs: { behaviour } } }
}

export async function post(host: Host, path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(host.url + path, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

export async function get(host: Host, path: string) {
  const response = await fetch(host.url + path)
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

export async function until<T>(find: () => Promise<T | undefined> | T | undefined, timeout = 10_000): Promise<T> {
  const end = Date.now() + timeout
  for (;;) {
    const found = await find()
    if (found !== undefined) return found
    if (Date.now() > end) throw new Error(`waited ${timeout} ms in vain`)
    await new Promise((wake) => setTimeout(wake, 10))
  }
}

export interface HeardMessage {
  readonly type: string
  readonly data: Record<string, unknown>
}

/** A socket that keeps everything it hears, in order; binary frames are kept as bytes. */
export class Listener {
  readonly heard: (HeardMessage | Buffer)[] = []
  readonly socket: WebSocket

  private constructor(url: string, headers: Record<string, string>) {
    this.socket = new WebSocket(url, { headers })
    this.socket.on('message', (data: Buffer, isBinary) =>
      this.heard.push(isBinary ? data : JSON.parse(data.toString())),
    )
  }

  /** Connects and waits for the first message. */
  static async open(
    host: Host,
    clientId?: string,
    headers: Record<string, string> = {},
    query = '',
  ): Promise<Listener> {
    const address = `${host.url.replace('http', 'ws')}/ws?${clientId === undefined ? '' : `clientId=${clientId}`}${query}`
    const listener = new Listener(address, headers)
    await new Promise<void>((resolve, reject) => {
      listener.socket.once('message', () => resolve())
      listener.socket.once('error', reject)
    })
    return listener
  }

  get messages(): HeardMessage[] {
    return this.heard.filter((item): item is HeardMessage => !Buffer.isBuffer(item))
  }

  get frames(): Buffer[] {
    return this.heard.filter((item): item is Buffer => Buffer.isBuffer(item))
  }

  /** The types of what was heard; frames by their number. */
  get types(): (string | number)[] {
    return this.heard.map((item) => (Buffer.isBuffer(item) ? item.readUInt32BE(0) : item.type))
  }

  until(type: string, test: (data: Record<string, unknown>) => boolean = () => true): Promise<HeardMessage> {
    return until(() => this.messages.find((message) => message.type === type && test(message.data)))
  }

  /** Waits for the last message of a run. */
  end(promptId: unknown): Promise<HeardMessage> {
    return this.until('executing', (data) => data.node === null && data.prompt_id === promptId)
  }

  send(message: unknown): void {
    this.socket.send(message instanceof Uint8Array ? message : JSON.stringify(message))
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.socket.once('close', resolve))
    this.socket.close()
    await closed
  }
}
