/** The constants of a one-step restorer that say what its prediction means. */
export interface StepConstants {
  /** How much of the input is signal, 0..1. */
  readonly alpha: number
  /** How much of it is noise, 0..1. */
  readonly beta: number
  readonly prediction: 'epsilon' | 'sample' | 'v_prediction'
}

/** The restored z₀ = own · z + predicted · prediction. */
export interface StepCoefficients {
  readonly own: number
  readonly predicted: number
}

/**
 * The one step as coefficients, by prediction type (Salimans and Ho 2022, arXiv 2202.00512, appendix D), with GenDR's fixed
 * alpha and beta in place of the scheduler's (arXiv 2503.06790, section 3). `strength` in 0..1 goes from z itself to z₀.
 */
export function stepCoefficients({ alpha, beta, prediction }: StepConstants, strength = 1): StepCoefficients {
  const [own, predicted] = {
    epsilon: [1 / Math.sqrt(alpha), -Math.sqrt(beta / alpha)] as const,
    sample: [0, 1] as const,
    v_prediction: [Math.sqrt(alpha), -Math.sqrt(beta)] as const,
  }[prediction]
  return { own: 1 + strength * (own - 1), predicted: strength * predicted }
}
