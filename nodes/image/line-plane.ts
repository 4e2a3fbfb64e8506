import type { Frame } from '../sdk/values.ts'

/** One channel as seen by who looks for lines that run rather along than across: down the picture, or from left to right. */
export interface LinePlane {
  readonly data: Frame['data']
  readonly across: number
  readonly along: number
  /** How far apart in the data neighbours are, across and along. */
  readonly stepAcross: number
  readonly stepAlong: number
}

/** A frame of one channel for steep lines, and for flat ones. */
export function planesOf({ width, height, data }: Frame): readonly LinePlane[] {
  return [
    { data, across: width, along: height, stepAcross: 1, stepAlong: width },
    { data, across: height, along: width, stepAcross: width, stepAlong: 1 },
  ]
}

/** Where a sample is in the data; across, the edges are repeated. */
export function indexIn({ across, stepAcross, stepAlong }: LinePlane, place: number, line: number): number {
  return (place < 0 ? 0 : place < across ? place : across - 1) * stepAcross + line * stepAlong
}
