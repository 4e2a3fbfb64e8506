import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RunEntry } from '../../client/host/run-list.ts'
import { type RunPage, withNewest, withOlder } from '../../client/host/run-pages.ts'

const SIZE = 5

/** A page as the host gives it: of the history, oldest first, what is before `end`. */
function page(history: readonly number[], end = history.length): RunPage {
  const start = Math.max(0, end - SIZE)
  const runs = history.slice(start, end).reverse()
  return { runs: runs.map((id) => ({ id: String(id) }) as RunEntry), start, end }
}
const ids = ({ runs }: RunPage) => runs.map(({ id }) => Number(id))

describe('pages of the history', () => {
  test('whatever runs and is forgotten, what is known is the newest without a gap, and all of it after enough pages', () => {
    const steps = fc.array(
      fc.oneof(fc.nat({ max: 12 }), fc.constantFrom('older', 'newest', 'forget') as fc.Arbitrary<string>),
    )
    fc.assert(
      fc.property(steps, (steps) => {
        let history: readonly number[] = []
        let next = 0
        let known = withNewest(undefined, page(history))
        const refresh = () => {
          known = withNewest(known, page(history))
        }
        for (const step of steps) {
          if (typeof step === 'number') history = [...history, ...Array.from({ length: step }, () => next++)]
          else if (step === 'older') known = withOlder(known, page(history, known.start))
          else if (step === 'forget') {
            history = []
            refresh()
          } else refresh()
          expect(ids(known)).toEqual(history.slice(known.start, known.end).reverse())
        }
        refresh()
        while (known.start > 0) known = withOlder(known, page(history, known.start))
        expect(ids(known)).toEqual([...history].reverse())
      }),
    )
  })

  test('a page that does not lie before what is known changes nothing', () => {
    const history = Array.from({ length: 20 }, (_, i) => i)
    const known = page(history)
    expect(withOlder(known, page(history, 7))).toBe(known)
  })
})
