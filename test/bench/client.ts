import { Agent, request } from 'node:http'
import { WebSocket } from 'ws'
import type { Prompt } from '../../server/graph/prompt.ts'

/** What one run cost its client. */
export interface Taken {
  /** From POST /prompt to `executing null`, in ms. */
  readonly time: number
  readonly frames: number
  readonly bytes: number
}

/** A client of ComfyUI's API that listens to its socket and polls nothing. */
export class BenchClient {
  readonly #url: string
  readonly #id: string
  readonly #socket: WebSocket
  readonly #agent = new Agent({ keepAlive: true })
  readonly #ended = new Map<string, () => void>()
  #failure: string | undefined
  #frames = 0
  #bytes = 0

  private constructor(url: string, socket: WebSocket, id: string) {
    this.#url = url
    this.#id = id
    this.#socket = socket
    socket.on('message', (data: Buffer, isBinary) => {
      this.#frames += 1
      this.#bytes += data.length
      if (!isBinary) this.#hear(data.toString())
    })
  }

  static async open(url: string, id = 'bench'): Promise<BenchClient> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws?clientId=${id}`, { perMessageDeflate: false })
    const client = new BenchClient(url, socket, id)
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    return client
  }

  /** Runs a graph to its end. */
  async run(prompt: Prompt): Promise<Taken> {
    this.#frames = 0
    this.#bytes = 0
    const start = performance.now()
    await this.end(await this.submit(prompt))
    return { time: performance.now() - start, frames: this.#frames, bytes: this.#bytes }
  }

  /** Queues a graph. @returns its id */
  async submit(prompt: Prompt): Promise<string> {
    const answer = await this.post('/prompt', { prompt, client_id: this.#id })
    const { prompt_id: id } = JSON.parse(answer) as { prompt_id?: string }
    if (id === undefined) throw new Error(`the graph was refused: ${answer.slice(0, 1000)}`)
    return id
  }

  /** Resolves when the run has ended; fails when it failed. */
  async end(id: string): Promise<void> {
    if (!this.#early.delete(id)) await new Promise<void>((resolve) => this.#ended.set(id, resolve))
    if (this.#failure !== undefined) throw new Error(this.#failure)
  }

  get(path: string): Promise<string> {
    return this.#ask('GET', path, undefined)
  }

  post(path: string, body: unknown): Promise<string> {
    return this.#ask('POST', path, JSON.stringify(body))
  }

  close(): void {
    this.#socket.terminate()
    this.#agent.destroy()
  }

  /** Runs that ended before anybody waited for them. */
  readonly #early = new Set<string>()

  #hear(text: string): void {
    // Parsing everything would measure the client.
    if (text.startsWith('{"type":"execution_error"')) this.#failure = text.slice(0, 1000)
    if (!text.startsWith('{"type":"executing","data":{"node":null')) return
    const id = (JSON.parse(text) as { data: { prompt_id: string } }).data.prompt_id
    const resolve = this.#ended.get(id)
    this.#ended.delete(id)
    if (resolve === undefined) this.#early.add(id)
    else resolve()
  }

  #ask(method: string, path: string, body: string | undefined): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' }
      const asked = request(`${this.#url}${path}`, { method, agent: this.#agent, headers }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        response.on('end', () => resolve(text))
      })
      asked.on('error', reject)
      asked.end(body)
    })
  }
}
