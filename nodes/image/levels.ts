import { RestorationError } from '../sdk/error.ts'

/** A tone curve: black and white become 0 and 1, what lies between is bent by gamma, then put into the range of the output. */
export interface Levels {
  readonly black: number
  readonly white: number
  /** More than 1 lightens the middle. */
  readonly gamma: number
  readonly outputBlack: number
  readonly outputWhite: number
}

/** The curve for values of 0..1; what lies outside black and white is clipped. */
export function levelsCurve({ black, white, gamma, outputBlack, outputWhite }: Levels): (value: number) => number {
  if (white <= black) {
    throw new RestorationError(
      'invalid_input',
      `Expected white above black but received ${white * 255} and ${black * 255}.`,
      'Choose a smaller black or a larger white.',
    )
  }
  return (value) => {
    const share = Math.min(1, Math.max(0, (value - black) / (white - black)))
    return outputBlack + (outputWhite - outputBlack) * share ** (1 / gamma)
  }
}
