import { Blocker } from '../../nodes/sdk/blocker.ts'
import type { NodeUi } from '../../nodes/sdk/node.ts'
import type { NodeWords } from '../protocol/events.ts'

/** What a node made: for each output slot the list of its values, and what it shows. */
export interface NodeResult {
  readonly outputs: readonly (readonly unknown[])[]
  readonly ui: NodeUi | null
  /** What the files that it shows are like; see `filesOf` of the executor. */
  readonly files?: string | undefined
  /** What it said of its work. */
  readonly said?: readonly NodeWords[] | undefined
  /** What output nodes of its expansion showed. */
  readonly inner?: readonly InnerResult[] | undefined
}

export interface InnerResult {
  /** What follows the id of the node in that of the one that showed it. */
  readonly suffix: string
  readonly ui: NodeUi
  readonly files?: string | undefined
}

interface Entry {
  readonly result: NodeResult
  readonly bytes: number
  /** What it took to compute, in ms. */
  readonly cost: number
  worth: number
}

/** Bytes that an entry takes beside its values. */
const OVERHEAD = 1024
/** How far below its budget the cache goes when it has to, so that entries are not sorted at every insertion. */
const MARGIN = 0.9

/**
 * Results by signature, within a budget of bytes. What is worth least goes first: worth is cost per byte on top of the
 * worth of what was dropped last, renewed at each use (GreedyDual-Size, Cao & Irani 1997).
 */
export class ResultCache {
  readonly #budget: number
  readonly #entries = new Map<string, Entry>()
  #bytes = 0
  #inflation = 0

  constructor(budget: number) {
    this.#budget = budget
  }

  get bytes(): number {
    return this.#bytes
  }

  get(signature: string): NodeResult | undefined {
    const entry = this.#entries.get(signature)
    if (entry === undefined) return undefined
    entry.worth = this.#worth(entry)
    return entry.result
  }

  /** As `get`, of results that said something, or in whose expansion something was shown; not counted as a use. */
  getTold(signature: string): NodeResult | undefined {
    const result = this.#entries.get(signature)?.result
    return result?.said === undefined && result?.inner === undefined ? undefined : result
  }

  set(signature: string, result: NodeResult, cost: number): void {
    this.#remove(signature)
    const bytes = sizeOf(result.outputs) + OVERHEAD
    if (bytes > this.#budget) return
    const entry = { result, bytes, cost, worth: 0 }
    entry.worth = this.#worth(entry)
    this.#entries.set(signature, entry)
    this.#bytes += bytes
    if (this.#bytes > this.#budget) this.#evict()
  }

  clear(): void {
    this.#entries.clear()
    this.#bytes = 0
  }

  #worth({ cost, bytes }: Pick<Entry, 'cost' | 'bytes'>): number {
    return this.#inflation + (cost + 1) / bytes
  }

  #evict(): void {
    for (const [signature, { worth }] of [...this.#entries].sort(([, a], [, b]) => a.worth - b.worth)) {
      if (this.#bytes <= this.#budget * MARGIN) return
      this.#inflation = worth
      this.#remove(signature)
    }
  }

  #remove(signature: string): void {
    const entry = this.#entries.get(signature)
    if (entry === undefined) return
    this.#entries.delete(signature)
    this.#bytes -= entry.bytes
  }
}

/** Bytes of the typed arrays in a value; shared buffers count once. */
export function sizeOf(value: unknown, seen = new Set<unknown>()): number {
  if (typeof value !== 'object' || value === null || value instanceof Blocker || seen.has(value)) return 0
  seen.add(value)
  if (ArrayBuffer.isView(value)) {
    if (seen.has(value.buffer)) return 0
    seen.add(value.buffer)
    return value.buffer.byteLength
  }
  let bytes = 0
  for (const part of Object.values(value)) bytes += sizeOf(part, seen)
  return bytes
}
