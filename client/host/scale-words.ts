import { inWords } from '../../nodes/sdk/checks.ts'
import type { NumberParameter } from '../../nodes/sdk/description.ts'
import type { PictureSize } from '../../nodes/sdk/scaled-size.ts'
import { formatNumber } from '../document/parameters.ts'
import { STRINGS } from '../strings.ts'
import type { Outlook } from './scale-outlook.ts'

/** What comes of a scale, in words. */
export interface ScaleWords {
  /** `4800 × 3200` */
  readonly size: string
  readonly isTooLarge: boolean
  /** `1200 × 800 becomes 4800 × 3200 (15.36 megapixels).`, and what fits where the host does not make that. */
  readonly sentence: string
  /** What is offered where it is too large, and something fits. */
  readonly use?: { readonly label: string; readonly value: number }
}

export function wordsOfScale({ from, to, tooLarge, most }: Outlook, parameter: NumberParameter): ScaleWords {
  const words = STRINGS.scale
  const [before, size, pixels] = [sizeWords(from), sizeWords(to), inWords(to.width * to.height)]
  if (tooLarge === undefined) return { size, isTooLarge: false, sentence: words.becomes(before, size, pixels) }
  const isTooLarge = true
  const sentence = words.tooLarge(before, size, pixels, inWords(most))
  const value = tooLarge.largest
  if (value === undefined) return { size, isTooLarge, sentence: `${sentence} ${words.none}` }
  const largest = formatNumber(parameter, value)
  return {
    size,
    isTooLarge,
    sentence: `${sentence} ${words.largest(largest)}`,
    use: { label: words.use(largest), value },
  }
}

function sizeWords({ width, height }: PictureSize): string {
  return `${width} × ${height}`
}
