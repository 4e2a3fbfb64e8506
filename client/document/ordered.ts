/** Things by id in the order of the file, where one that was removed can come back to its place. */
export class Ordered<Key, Item extends { readonly id: Key }> {
  #items: Map<Key, Item>
  /** Only while it differs from that of the map: a map is made anew once for many insertions. */
  #order: Key[] | undefined

  constructor(items: ReadonlyMap<Key, Item> = new Map()) {
    this.#items = new Map(items)
  }

  get items(): ReadonlyMap<Key, Item> {
    if (this.#order !== undefined) {
      this.#items = new Map(this.#order.flatMap((key) => (this.#items.has(key) ? [[key, this.#items.get(key)!]] : [])))
      this.#order = undefined
    }
    return this.#items
  }

  /** @param at its place; the end where it is left out */
  add(item: Item, at = Number.POSITIVE_INFINITY): void {
    if (this.#order === undefined && at < this.#items.size) this.#order = [...this.#items.keys()]
    this.#order?.splice(at, 0, item.id)
    this.#items.set(item.id, item)
  }

  change(item: Item): void {
    if (this.#items.has(item.id)) this.#items.set(item.id, item)
  }

  /** @returns the place that it had */
  remove(id: Key): number {
    const at = this.#order === undefined ? placeOf(this.#items.keys(), id) : this.#order.indexOf(id)
    if (at >= 0) this.#order?.splice(at, 1)
    this.#items.delete(id)
    return at
  }
}

function placeOf<Key>(keys: Iterable<Key>, sought: Key): number {
  let at = 0
  for (const key of keys) {
    if (key === sought) return at
    at++
  }
  return -1
}
