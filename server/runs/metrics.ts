import type { Condition } from './condition.ts'
import { type Job, timesOf } from './job.ts'
import type { Runs } from './runs.ts'

const ENDINGS = ['completed', 'failed', 'cancelled'] as const

export interface MetricsOptions {
  readonly runs: Pick<Runs, 'remaining' | 'active' | 'subscribe' | 'job'>
  readonly condition: () => Condition
  /** Bytes that the disk of the data folder has left. */
  readonly freeBytes: () => number
}

/** How the host fares, as text for Prometheus (exposition format 0.0.4); what is counted is counted since its start. */
export class Metrics {
  readonly #options: MetricsOptions
  readonly #ended = { completed: 0, failed: 0, cancelled: 0 }
  readonly #waited = { sum: 0, count: 0 }
  readonly #ran = { sum: 0, count: 0 }

  constructor(options: MetricsOptions) {
    const { runs } = options
    this.#options = options
    runs.subscribe((change) => {
      if (change.type !== 'settled') return
      const job = runs.job(change.run.id)
      if (job !== undefined) this.#count(job)
    })
  }

  text(): string {
    const { runs, condition, freeBytes } = this.#options
    const active = runs.active.length
    const isReady = condition() === 'ready' ? 1 : 0
    const { user, system } = process.cpuUsage()
    return [
      family('gendr_runner_ready', 'gauge', 'Whether runs can be executed', [['', isReady]]),
      family('gendr_runs_waiting', 'gauge', 'Runs in the queue', [['', runs.remaining - active]]),
      family('gendr_runs_active', 'gauge', 'Runs under way', [['', active]]),
      family(
        'gendr_runs_total',
        'counter',
        'Runs that have ended, by how',
        ENDINGS.map((status) => [`{status="${status}"}`, this.#ended[status]]),
      ),
      family('gendr_wait_seconds', 'summary', 'How long runs that have ended waited', sumOf(this.#waited)),
      family('gendr_run_seconds', 'summary', 'How long runs that have ended ran', sumOf(this.#ran)),
      family('gendr_disk_free_bytes', 'gauge', 'Room on the disk of the data folder', [['', freeBytes()]]),
      family('process_resident_memory_bytes', 'gauge', 'Memory of the host process', [['', process.memoryUsage.rss()]]),
      family('process_cpu_seconds_total', 'counter', 'Processor time of the host process', [
        ['', (user + system) / 1e6],
      ]),
      family('process_start_time_seconds', 'gauge', 'When the host process started, since 1970', [
        ['', Date.now() / 1000 - process.uptime()],
      ]),
    ].join('')
  }

  #count(job: Job): void {
    if (job.status === 'pending' || job.status === 'in_progress') return
    this.#ended[job.status] += 1
    const { queued, run } = timesOf(job)
    add(this.#waited, queued)
    add(this.#ran, run)
  }
}

function add(total: { sum: number; count: number }, milliseconds: number | null): void {
  if (milliseconds === null) return
  total.sum += milliseconds / 1000
  total.count += 1
}

type Samples = readonly (readonly [suffix: string, value: number])[]

function sumOf({ sum, count }: { readonly sum: number; readonly count: number }): Samples {
  return [
    ['_sum', sum],
    ['_count', count],
  ]
}

function family(name: string, type: string, help: string, samples: Samples): string {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(([suffix, value]) => `${name}${suffix} ${value}`),
    '',
  ].join('\n')
}
