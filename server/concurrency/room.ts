/** Bytes that may be held in memory at once, of everybody together: whoever holds some takes room and gives it back. */
export class Room {
  /** In bytes. */
  readonly size: number
  #taken = 0

  constructor(size: number) {
    this.size = size
  }

  /** Takes room for so many bytes, or none. @returns whether there was enough */
  take(bytes: number): boolean {
    if (this.#taken + bytes > this.size) return false
    this.#taken += bytes
    return true
  }

  giveBack(bytes: number): void {
    this.#taken -= bytes
  }
}
