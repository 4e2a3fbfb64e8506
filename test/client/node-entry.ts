/** A node of a file, 200 × 100. */
export function nodeEntry(id: number, type: string, pos: readonly [number, number], more: object = {}) {
  return { id, type, pos, size: [200, 100], ...more }
}
