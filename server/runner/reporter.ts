import type { Image } from '../../nodes/sdk/values.ts'
import type { RunEvent, RunEventBody } from '../protocol/events.ts'
import { encodePreview } from './preview.ts'

const PROGRESS_INTERVAL = 50
const PREVIEW_INTERVAL = 500

/** Numbers the events of one run and keeps progress and previews within what a person can see. */
export class Reporter {
  readonly #runId: string
  readonly #send: (event: RunEvent) => void
  readonly #lastProgress = new Map<string, number>()
  #sequence = 0
  #lastPreview = Number.NEGATIVE_INFINITY
  #encoding = false
  #closed = false

  constructor(runId: string, send: (event: RunEvent) => void) {
    this.#runId = runId
    this.#send = send
  }

  emit(body: RunEventBody): void {
    if (this.#closed) return
    this.#send({ ...body, runId: this.#runId, sequence: this.#sequence++, time: Date.now() })
  }

  /** The last event: nothing is sent after it. */
  end(body: Extract<RunEventBody, { type: 'succeeded' | 'failed' | 'interrupted' }>): void {
    this.emit(body)
    this.#closed = true
  }

  progress(node: string, value: number, max: number, preview: Image | undefined): void {
    const now = performance.now()
    if (preview !== undefined && !this.#encoding && now - this.#lastPreview >= PREVIEW_INTERVAL) {
      this.#lastPreview = now
      void this.#preview(node, preview)
    }
    if (value < max && now - (this.#lastProgress.get(node) ?? Number.NEGATIVE_INFINITY) < PROGRESS_INTERVAL) return
    this.#lastProgress.set(node, now)
    this.emit({ type: 'node_progress', node, value, max })
  }

  async #preview(node: string, image: Image): Promise<void> {
    this.#encoding = true
    try {
      this.emit({ type: 'node_preview', node, format: 'image/jpeg', bytes: await encodePreview(image.frames[0]!) })
    } catch {
      // A picture that cannot be shown small is no reason to lose the run.
    } finally {
      this.#encoding = false
    }
  }
}
