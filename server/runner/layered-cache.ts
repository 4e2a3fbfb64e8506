import type { NodeResult, ResultCache } from './cache.ts'
import type { DiskCache } from './disk-cache.ts'
import type { ResultStore } from './executor.ts'

/** Results in memory, and behind that those on disk; what is read from there is in memory then. */
export class LayeredCache implements ResultStore {
  readonly #memory: ResultCache
  readonly #disk: DiskCache

  constructor(memory: ResultCache, disk: DiskCache) {
    this.#memory = memory
    this.#disk = disk
  }

  get(signature: string): NodeResult | undefined | Promise<NodeResult | undefined> {
    return this.#memory.get(signature) ?? this.#raise(signature, this.#disk.get(signature))
  }

  /** Words alone are not worth reading all the samples behind them. */
  getTold(signature: string): NodeResult | undefined | Promise<NodeResult | undefined> {
    return this.#memory.getTold(signature) ?? this.#raise(signature, this.#disk.getShowing(signature))
  }

  set(signature: string, result: NodeResult, cost: number): void {
    this.#memory.set(signature, result, cost)
    this.#disk.set(signature, result, cost)
  }

  async clear(): Promise<void> {
    this.#memory.clear()
    await this.#disk.clear()
  }

  #raise(signature: string, read: ReturnType<DiskCache['get']>): Promise<NodeResult | undefined> | undefined {
    return read?.then((found) => {
      if (found !== undefined) this.#memory.set(signature, found.result, found.cost)
      return found?.result
    })
  }
}
