import type { SingleBar } from 'cli-progress'
import type { RestorationError } from '../../nodes/sdk/error.ts'

/** What became of one file, or of a folder that cannot be read. */
export interface Outcome {
  readonly source: string
  readonly status: 'restored' | 'skipped' | 'failed'
  /** What was written, or was there already; several for a file of several pictures. */
  readonly results: readonly string[]
  readonly seconds?: number
  /** What of the file could not be read, or was left out. */
  readonly notes?: readonly string[]
  readonly error?: Pick<RestorationError, 'code' | 'message' | 'remedy'>
}

/** How a batch tells of itself. */
export interface BatchProgress {
  /** Part of a file at hand that is done, 0 to 1. */
  part(source: string, fraction: number): void
  file(outcome: Outcome): void
  end(): void
}

/** A bar on a terminal, a line for each file elsewhere, or a line of JSON for each. Failures, and what was not read, go to stderr. */
export async function batchProgress(total: number, asJson: boolean): Promise<BatchProgress> {
  if (asJson) return jsonProgress()
  return process.stderr.isTTY === true ? barProgress(total) : lineProgress(total)
}

function jsonProgress(): BatchProgress {
  return {
    part: () => undefined,
    file: (outcome) => {
      process.stdout.write(`${JSON.stringify(outcome)}\n`)
      process.stderr.write(complaints(outcome))
    },
    end: () => undefined,
  }
}

function lineProgress(total: number): BatchProgress {
  const counts = new Counts(total)
  return {
    part: () => undefined,
    file: (outcome) => {
      process.stdout.write(`[${counts.add(outcome)}/${total}] ${lineOf(outcome)}\n`)
      process.stderr.write(complaints(outcome))
    },
    end: () => process.stdout.write(counts.summary()),
  }
}

async function barProgress(total: number): Promise<BatchProgress> {
  const { SingleBar, Presets } = await import('cli-progress')
  const bar: SingleBar = new SingleBar(
    {
      format: '{bar} {percentage}% | {files}/{total} | {eta_formatted} | {line}',
      hideCursor: true,
      clearOnComplete: false,
    },
    Presets.shades_classic,
  )
  const counts = new Counts(total)
  const said: string[] = []
  const parts = new Map<string, number>()
  let done = 0
  const reached = () => [...parts.values()].reduce((sum, part) => sum + part, done)
  bar.start(total, 0, { files: 0, line: '' })
  return {
    part: (source, fraction) => {
      parts.set(source, fraction)
      bar.update(reached())
    },
    file: (outcome) => {
      parts.delete(outcome.source)
      done = counts.add(outcome)
      said.push(complaints(outcome))
      bar.update(reached(), { files: done, line: lineOf(outcome) })
    },
    end: () => {
      bar.stop()
      process.stderr.write(said.join(''))
      process.stdout.write(counts.summary())
    },
  }
}

class Counts {
  readonly #total: number
  readonly #of = { restored: 0, skipped: 0, failed: 0 }

  constructor(total: number) {
    this.#total = total
  }

  /** @returns how many files there have been */
  add({ status }: Outcome): number {
    this.#of[status] += 1
    return this.#of.restored + this.#of.skipped + this.#of.failed
  }

  /** A line; nothing for a single file, which has one already. */
  summary(): string {
    if (this.#total === 1) return ''
    const parts = Object.entries(this.#of).flatMap(([status, count]) => (count === 0 ? [] : [`${count} ${status}`]))
    return `${this.#total} files: ${parts.join(', ') || 'none restored'}\n`
  }
}

function lineOf({ source, status, results: [target], seconds = 0 }: Outcome): string {
  switch (status) {
    case 'restored':
      return printable(`${source} → ${target} (${seconds.toFixed(1)} s)`)
    case 'skipped':
      return printable(`${source} skipped, ${target} exists`)
    case 'failed':
      return printable(`${source} failed`)
  }
}

/** For the error output: why a file failed, or what is missing in what was made of it. */
function complaints({ source, error, notes = [] }: Outcome): string {
  const lines = error === undefined ? notes : [`${error.message} ${error.remedy}`]
  return lines.map((line) => `${printable(`gendr: ${source}: ${line}`)}\n`).join('')
}

/** A name may hold what a terminal obeys, or a line of its own. */
function printable(line: string): string {
  return line.replaceAll(/\p{Cc}/gu, '\u{fffd}')
}
