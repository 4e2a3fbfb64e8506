/** The mean of one value for each frame, and the lines that a node shows: the mean, then each frame where there are several. */
export function showValues(
  name: string,
  values: readonly number[],
  digits: number,
  unit = '',
): { readonly mean: number; readonly text: readonly string[] } {
  const format = (value: number) => `${value.toFixed(digits)}${unit && ` ${unit}`}`
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const each = values.length === 1 ? [] : values.map((value, i) => `${i + 1}: ${format(value)}`)
  return { mean, text: [`${name} ${format(mean)}`, ...each] }
}
