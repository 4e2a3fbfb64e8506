/** Mean of rows of equal length. */
export function meanOf(rows: readonly (readonly number[])[]): number[] {
  return rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length)
}

/** Covariance (n − 1) of at least two rows. */
export function covarianceOf(rows: readonly (readonly number[])[]): number[][] {
  const mean = meanOf(rows)
  return mean.map((mi, i) =>
    mean.map((mj, j) => rows.reduce((sum, row) => sum + (row[i]! - mi) * (row[j]! - mj), 0) / (rows.length - 1)),
  )
}

/** √(dᵀ C⁻¹ d) for a positive definite C, through its Cholesky factor: with L·x = d it is |x|. */
export function mahalanobis(difference: readonly number[], covariance: readonly (readonly number[])[]): number {
  const factor: number[][] = []
  const solution: number[] = []
  covariance.forEach((row, i) => {
    const line: number[] = []
    for (let j = 0; j <= i; j++) {
      let rest = row[j]!
      for (let k = 0; k < j; k++) rest -= line[k]! * (j === i ? line[k]! : factor[j]![k]!)
      line.push(j === i ? Math.sqrt(rest) : rest / factor[j]![j]!)
    }
    factor.push(line)
    const known = solution.reduce((sum, value, k) => sum + line[k]! * value, 0)
    solution.push((difference[i]! - known) / line[i]!)
  })
  return Math.hypot(...solution)
}
