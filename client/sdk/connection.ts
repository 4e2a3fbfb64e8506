import { errorOf, HostError, NO_ANSWER } from './errors.ts'

export interface ConnectionOptions {
  /** The token of --token, if the host was given one. */
  readonly token?: string | undefined
  /** @default globalThis.fetch */
  readonly fetch?: typeof fetch
}

/** Requests to one host. */
export class Connection {
  readonly #base: string
  readonly #token: string | undefined
  readonly #fetch: typeof fetch

  /** @param address of the host, e.g. `http://127.0.0.1:8188` */
  constructor(address: string | URL, { token, fetch: fetchOne }: ConnectionOptions) {
    this.#base = String(address).replace(/\/+$/, '')
    this.#token = token
    this.#fetch = fetchOne ?? ((...request) => globalThis.fetch(...request))
  }

  /** @throws HostError with status 0 when nobody answers; the signal's reason when it was aborted */
  async send(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (this.#token !== undefined) headers.set('Authorization', `Bearer ${this.#token}`)
    try {
      return await this.#fetch(`${this.#base}${path}`, { ...init, headers })
    } catch (cause) {
      init.signal?.throwIfAborted()
      throw new HostError(0, NO_ANSWER, {
        remedy: 'See whether it still runs, and whether the address is right.',
        cause,
      })
    }
  }

  /** @throws HostError for every answer that is no success */
  async success(path: string, init?: RequestInit): Promise<Response> {
    const response = await this.send(path, init)
    if (response.ok) return response
    throw await errorOf(response)
  }

  /** Undefined where the host has nothing to say (204). */
  async json<T>(path: string, init?: RequestInit): Promise<T> {
    const response = await this.success(path, init)
    return (response.status === 204 ? undefined : await response.json()) as T
  }

  post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
    return this.json<T>(path, posted(body, signal))
  }
}

/** A request that sends JSON. */
export function posted(body: unknown, signal?: AbortSignal): RequestInit {
  return {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  }
}
