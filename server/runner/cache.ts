import type { NodeUi } from '../../nodes/sdk/node.ts'

/** What a node made: for each output slot the list of its values, and what it shows. */
export interface NodeResult {
  readonly outputs: readonly (readonly unknown[])[]
  readonly ui: NodeUi | null
}

interface Entry {
  readonly result: NodeResult
  readonly bytes: number
  /** What it took to compute, in ms. */
  readonly cost: number
  lastUse: number
}

/**
 * Results by signature, within a budget of bytes. When it is exceeded the entries with the least cost per byte and time
 * since their last use go first (GreedyDual-Size, Cao & Irani 1997, with age measured in uses of the cache).
 */
export class ResultCache {
  readonly #budget: number
  readonly #entries = new Map<string, Entry>()
  #bytes = 0
  #clock = 0

  constructor(budget: number) {
    this.#budget = budget
  }

  get bytes(): number {
    return this.#bytes
  }

  get(signature: string): NodeResult | undefined {
    const entry = this.#entries.get(signature)
    if (entry === undefined) return undefined
    entry.lastUse = ++this.#clock
    return entry.result
  }

  set(signature: string, result: NodeResult, cost: number): void {
    this.#remove(signature)
    const bytes = sizeOf(result.outputs) + 1024
    if (bytes > this.#budget) return
    this.#entries.set(signature, { result, bytes, cost, lastUse: ++this.#clock })
    this.#bytes += bytes
    if (this.#bytes > this.#budget) this.#evict()
  }

  clear(): void {
    this.#entries.clear()
    this.#bytes = 0
  }

  #evict(): void {
    const worth = ({ cost, bytes, lastUse }: Entry) => (cost + 1) / (bytes * (this.#clock - lastUse + 1))
    const byWorth = [...this.#entries].sort(([, a], [, b]) => worth(a) - worth(b))
    for (const [signature] of byWorth) {
      // A little below the budget, so that the sort is not paid at every insertion.
      if (this.#bytes <= this.#budget * 0.9) return
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
  if (typeof value !== 'object' || value === null || seen.has(value)) return 0
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
