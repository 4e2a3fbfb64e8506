/** @returns what a restoration of 512 × 512 multiplies and adds, in 1e9, as the table of a model card says */
export function gmacOf(card: string): number {
  const sum = /^\| sum \|[^|]*\| ([\d.]+) \|/m.exec(card)?.[1]
  if (sum === undefined)
    throw new Error("docs/model-card.md: expected a row '| sum | PARAMETERS | GMAC |', found none.")
  return Number(sum)
}
