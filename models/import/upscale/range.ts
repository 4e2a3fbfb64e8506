/** What black and white are to a network. */
export const RANGES = {
  unit: { black: 0, white: 1 },
  bytes: { black: 0, white: 255 },
  symmetric: { black: -1, white: 1 },
} as const

export type Range = keyof typeof RANGES

/** The level that a share of white, from 0 to 1, has in the range. */
export function levelOf(share: number, range: Range): number {
  const { black, white } = RANGES[range]
  return black + share * (white - black)
}

/** The share of white that a level of the range is. */
export function shareOf(level: number, range: Range): number {
  const { black, white } = RANGES[range]
  return (level - black) / (white - black)
}
