/** One thing that the host said. */
export interface LogEntry {
  /** ISO 8601. */
  readonly t: string
  readonly m: string
}

/** What a terminal would be wide and high; clients lay the log out by it. */
export const LOG_SIZE = { cols: 120, rows: 40 } as const

const MOST = 1000

/** What the log says of an error that nobody expected. */
export function logText(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** The newest lines of the host's log, for GET /internal/logs and for clients that subscribe to it. */
export class HostLog {
  readonly #entries: LogEntry[] = []
  readonly #listeners = new Set<(entry: LogEntry) => void>()

  add(line: string): void {
    const entry = { t: new Date().toISOString(), m: line.endsWith('\n') ? line : `${line}\n` }
    this.#entries.push(entry)
    if (this.#entries.length > MOST) this.#entries.shift()
    for (const listener of this.#listeners) listener(entry)
  }

  get entries(): readonly LogEntry[] {
    return this.#entries
  }

  /** Calls back at every line until the returned function is called. */
  subscribe(listener: (entry: LogEntry) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
