import { readPngText } from './png-text.ts'
import { readWebpText } from './webp-text.ts'
import { readXmpText } from './xmp-text.ts'

/** The graphs that a picture carries, as JSON: the workflow, then what was run. Bounded, never throws. */
export function readGraphTexts(bytes: Uint8Array): readonly string[] {
  for (const read of [readPngText, readWebpText, readXmpText]) {
    const texts = read(bytes)
    const graphs = ['workflow', 'prompt'].flatMap((key) => texts.get(key) ?? [])
    if (graphs.length > 0) return graphs.map(withoutNaN)
  }
  return []
}

/** Python writes numbers that JSON does not have; outside of strings they become null. */
function withoutNaN(text: string): string {
  if (!/NaN|Infinity/.test(text)) return text
  let isString = false
  return text.replace(/\\.|"|-?\b(?:NaN|Infinity)\b/g, (part) => {
    if (part === '"') isString = !isString
    return isString || part === '"' || part.startsWith('\\') ? part : 'null'
  })
}
