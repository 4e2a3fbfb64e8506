/** What a layer costs, for each pixel of the picture or for each pair of positions. */
export type Work =
  | {
      /** Multiply-accumulates a pixel. */
      readonly macs: number
      /** Values that go in and come out, a pixel. */
      readonly values: number
    }
  | {
      /** Attention: multiply-accumulates for each pair of positions. */
      readonly pairs: number
      /** Matrices of scores that are held. */
      readonly scores: number
      /** Pixels per position on each axis. */
      readonly reduction: number
    }

export interface Cost {
  readonly macs: number
  /** Bytes of float32 that the largest layer takes and gives. */
  readonly layerBytes: number
}

/** The cost of a graph for a picture of so many pixels. */
export function costOf(work: readonly Work[], pixels: number): Cost {
  let macs = 0
  let layerBytes = 0
  for (const one of work) {
    const pairs = 'pairs' in one ? (pixels / one.reduction ** 2) ** 2 : 0
    macs += 'pairs' in one ? one.pairs * pairs : one.macs * pixels
    layerBytes = Math.max(layerBytes, 4 * ('pairs' in one ? one.scores * pairs : one.values * pixels))
  }
  return { macs, layerBytes }
}
