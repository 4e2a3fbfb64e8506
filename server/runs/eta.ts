import type { Prompt } from '../graph/prompt.ts'
import type { RunEvent } from '../protocol/events.ts'
import type { Run } from './run.ts'
import type { Shape, Speeds } from './speeds.ts'

/** Milliseconds from now. */
export interface Eta {
  readonly start: number
  readonly end: number
}

/** How much of a run is left: the expected times of the nodes that have not ended. */
export class Progress {
  readonly #known = new Map<string, number>()
  /** Of nodes that have not ended. */
  readonly #expected = new Map<string, number>()
  readonly #running = new Map<string, { readonly since: number; readonly done: number }>()
  /** Whether anything is known of its nodes. */
  readonly isKnown: boolean

  constructor(prompt: Prompt, { bytes }: Shape, speeds: Speeds) {
    for (const [id, { class_type }] of Object.entries(prompt)) {
      const time = speeds.ofNode(class_type, bytes)
      if (time !== undefined) this.#known.set(id, time)
    }
    this.isKnown = this.#known.size > 0
    this.#begin()
  }

  add(event: RunEvent): void {
    switch (event.type) {
      case 'started':
        this.#begin()
        return
      case 'cached':
        for (const node of event.nodes) this.#expected.delete(node)
        return
      case 'node_started':
        this.#running.set(event.node, { since: event.time, done: 0 })
        return
      case 'node_progress': {
        const since = this.#running.get(event.node)?.since ?? event.time
        this.#running.set(event.node, { since, done: event.max > 0 ? event.value / event.max : 0 })
        return
      }
      case 'node_finished':
        this.#running.delete(event.node)
        this.#expected.delete(event.node)
    }
  }

  /** Also anew, where the runner has died. */
  #begin(): void {
    this.#running.clear()
    for (const [id, time] of this.#known) this.#expected.set(id, time)
  }

  /** Milliseconds. */
  left(now: number): number {
    let left = 0
    for (const [node, time] of this.#expected) {
      const running = this.#running.get(node)
      left += running === undefined ? time : leftOfNode(time, running.done, now - running.since)
    }
    return Math.round(left)
  }
}

/** When runs begin where several may be under way, of each client one. In milliseconds from now. */
export class Outlook {
  /** When each place for a run is free. */
  readonly #places: number[]
  readonly #clients = new Map<string, number>()

  constructor(places: number) {
    this.#places = new Array(places).fill(0)
  }

  /** The next run takes the first place that is free when its client is. @returns when that is */
  begins({ clientId }: Pick<Run, 'clientId'>, time: number): number {
    const own = clientId === undefined ? 0 : (this.#clients.get(clientId) ?? 0)
    const start = Math.max(own, Math.min(...this.#places))
    // Places that are free while it waits for its client are for others.
    const free = Math.max(...this.#places.filter((place) => place <= start))
    this.#places[this.#places.indexOf(free)] = start + time
    if (clientId !== undefined) this.#clients.set(clientId, start + time)
    return start
  }
}

/** The further a node says it is, the more its own pace counts against what was expected of it. */
function leftOfNode(expected: number, done: number, elapsed: number): number {
  if (done === 0) return Math.max(0, expected - elapsed)
  return (1 - done) * ((1 - done) * expected + elapsed)
}
