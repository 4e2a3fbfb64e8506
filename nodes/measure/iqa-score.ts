export const IQA_OUTPUTS = ['mean', 'first', 'expected rating'] as const

export type IqaOutput = (typeof IQA_OUTPUTS)[number]

/**
 * One number of what a network gave: the mean of all values, the first value, or Σ i·pᵢ / Σ pᵢ with i from 1 for networks
 * that give the share pᵢ of each rating i (NIMA; Talebi and Milanfar 2018, section III-C).
 */
export function scoreOf(values: ArrayLike<number>, output: IqaOutput): number {
  const list = Array.from(values)
  const total = list.reduce((sum, value) => sum + value, 0)
  switch (output) {
    case 'mean':
      return total / list.length
    case 'first':
      return list[0]!
    case 'expected rating':
      return list.reduce((sum, value, i) => sum + (i + 1) * value, 0) / total
  }
}

/** Value by value the mean of several answers, which are of one length. */
export function meanOfAnswers(answers: readonly Float32Array[]): Float64Array {
  const mean = new Float64Array(answers[0]!.length)
  for (const answer of answers) for (let i = 0; i < mean.length; i++) mean[i]! += answer[i]! / answers.length
  return mean
}
