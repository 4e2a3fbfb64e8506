import type { NodeDescription } from '../../nodes/sdk/description.ts'
import { fuzzyScore } from './fuzzy.ts'

/**
 * The nodes that fit what was typed, the best first: the title counts most, then the words that people have for what a
 * node does, its name and its category; then how many of the words that were typed its description has.
 * @param recent ids of the nodes that were used last, which come before others that fit as well
 */
export function matchingNodes(
  types: readonly NodeDescription[],
  typed: string,
  recent: readonly string[] = [],
): NodeDescription[] {
  const wish = spelled(typed)
  return types
    .map((type) => {
      const score = scoreOf(type, wish)
      return { type, score: score > 0 && recent.includes(type.id) ? score + 5 : score }
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.type.title.localeCompare(b.type.title))
    .map(({ type }) => type)
}

/** What a node gets whose description has every word; less than one of whose title has them. */
const SAID = 20

function scoreOf({ id, title, aliases = [], category, summary }: NodeDescription, wish: string): number {
  const [name, ...others] = [title, ...aliases].map(spelled)
  return Math.max(
    fuzzyScore(wish, name ?? '') * 2,
    ...others.map((alias) => fuzzyScore(wish, alias) * 1.8),
    fuzzyScore(wish, id) * 1.6,
    fuzzyScore(wish, `${name} ${category}`),
    SAID * shareFound(wish, spelled([summary, ...aliases].join(' '))),
  )
}

/** The share of the words that a text has, or begins words with; nothing where it is less than half. */
function shareFound(wish: string, text: string): number {
  const words = wish.toLowerCase().split(/\s+/).filter(Boolean)
  const found = words.filter((word) => ` ${text.toLowerCase()}`.includes(` ${word}`))
  return 2 * found.length < words.length ? 0 : found.length / words.length
}

/** Spelled one way, whichever side of the Atlantic it comes from. */
function spelled(text: string): string {
  return text.replace(/(col)ou(r)/gi, '$1o$2').replace(/(gr)e(y)/gi, '$1a$2')
}
