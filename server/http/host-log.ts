/** One thing that the host said. */
export interface LogEntry {
  /** ISO 8601. */
  readonly t: string
  readonly m: string
}

const MOST = 1000

/** The newest lines of the host's log, for GET /internal/logs. */
export class HostLog {
  readonly #entries: LogEntry[] = []

  add(line: string): void {
    this.#entries.push({ t: new Date().toISOString(), m: line.endsWith('\n') ? line : `${line}\n` })
    if (this.#entries.length > MOST) this.#entries.shift()
  }

  get entries(): readonly LogEntry[] {
    return this.#entries
  }
}
