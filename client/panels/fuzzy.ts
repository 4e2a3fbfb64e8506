/**
 * How well a text fits what was typed: 0 where some letter is missing, more where letters are found together, at the start
 * of words, or early. Every word that was typed counts for itself, in any order.
 */
export function fuzzyScore(typed: string, text: string): number {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  let score = 1
  for (const word of words) {
    const found = scoreWord(word, text)
    if (found === 0) return 0
    score += found
  }
  return score
}

function scoreWord(word: string, text: string): number {
  const lower = text.toLowerCase()
  const at = lower.indexOf(word)
  if (at >= 0) return 60 + (isStart(text, at) ? 40 : 0) + (at === 0 ? 20 : 0) - Math.min(20, at / 4) + word.length
  // The letters in order, anywhere; those that begin a word first.
  let score = 0
  let from = 0
  for (const letter of word) {
    let next = -1
    for (let i = lower.indexOf(letter, from); i >= 0; i = lower.indexOf(letter, i + 1)) {
      if (next < 0) next = i
      if (!isStart(text, i)) continue
      next = i
      break
    }
    if (next < 0) next = lower.indexOf(letter, from)
    if (next < 0) return 0
    score += isStart(text, next) ? 8 : next === from ? 4 : 1
    from = next + 1
  }
  // Letters strewn about say little.
  return score >= word.length * 3 ? score : 0
}

/** Whether a word begins here: after a blank or a sign, or with a capital. */
function isStart(text: string, at: number): boolean {
  if (at === 0 || !/[a-z0-9]/i.test(text[at - 1] ?? '')) return true
  return /[a-z0-9][A-Z]/.test(text.slice(at - 1, at + 1))
}
