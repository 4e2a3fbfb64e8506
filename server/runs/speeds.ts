import type { Database, Statement } from '../database/database.ts'
import { isLink, type Prompt } from '../graph/prompt.ts'

/** What the time of a run depends on: its nodes by class, and the size of its pictures. */
export interface Shape {
  readonly classes: Readonly<Record<string, number>>
  /** Bytes of the pictures that it loads. */
  readonly bytes: number
}

/** A newer run counts for at least this much, so that a change of the machine is soon noticed. */
const LEAST_WEIGHT = 0.25

/** How long nodes took, by class and by the size of the pictures (as a power of two), in milliseconds. */
export class Speeds {
  readonly #means = new Map<string, { count: number; mean: number }>()
  readonly #put: Statement

  constructor(database: Database) {
    const rows = database.prepare('SELECT key, count, mean FROM speeds').all() as {
      key: string
      count: number
      mean: number
    }[]
    for (const { key, count, mean } of rows) this.#means.set(key, { count, mean })
    this.#put = database.prepare('INSERT OR REPLACE INTO speeds (key, count, mean) VALUES (?, ?, ?)')
  }

  /** Learns from a run that has ended well: how long each of its nodes took that were not cached, by class. */
  learn({ bytes }: Shape, times: ReadonlyMap<string, readonly number[]>): void {
    for (const [type, all] of times) {
      const time = all.reduce((sum, one) => sum + one, 0) / all.length
      for (const key of keysOf(type, bytes)) {
        const { count, mean } = this.#means.get(key) ?? { count: 0, mean: 0 }
        const next = { count: count + 1, mean: mean + (time - mean) * Math.max(1 / (count + 1), LEAST_WEIGHT) }
        this.#means.set(key, next)
        this.#put.run(key, next.count, next.mean)
      }
    }
  }

  /** Milliseconds that a node of a class will take; undefined where none has run yet. */
  ofNode(type: string, bytes: number): number | undefined {
    for (const key of keysOf(type, bytes)) {
      const known = this.#means.get(key)
      if (known !== undefined) return known.mean
    }
    return undefined
  }

  /** Milliseconds that a run will take; undefined where nothing is known of any of its nodes. */
  ofRun({ classes, bytes }: Shape): number | undefined {
    let total: number | undefined
    for (const [type, count] of Object.entries(classes)) {
      const time = this.ofNode(type, bytes)
      if (time !== undefined) total = (total ?? 0) + time * count
    }
    return total
  }
}

/** The most exact one first. */
function keysOf(type: string, bytes: number): readonly string[] {
  return [`${type} ${bytes === 0 ? 0 : Math.ceil(Math.log2(bytes))}`, type]
}

/** The shape of a graph, as far as its outputs reach. */
export function shapeOf(prompt: Prompt, outputs: readonly string[], bytes: number): Shape {
  const reached = new Set(outputs)
  const classes: Record<string, number> = {}
  for (const id of reached) {
    // An input that its node does not have may link to anything.
    const node = Object.hasOwn(prompt, id) ? prompt[id] : undefined
    if (node === undefined) continue
    classes[node.class_type] = (classes[node.class_type] ?? 0) + 1
    for (const value of Object.values(node.inputs)) if (isLink(value)) reached.add(value[0])
  }
  return { classes, bytes }
}
