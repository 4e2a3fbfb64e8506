import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { EMPTY_BOARD } from '../../client/host/run-board.ts'
import { RunOnChange } from '../../client/page/run-on-change.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** The prompt in view, and which of them ran. */
function bench(first: string) {
  let prompt = first
  let isLoading = false
  const ran: string[] = []
  const onChange = new RunOnChange({
    prompt: () => prompt,
    run: () => ran.push(prompt),
    isLoading: () => isLoading,
  })
  const edit = (next: string) => {
    prompt = next
    onChange.edited()
    vi.advanceTimersByTime(1000)
  }
  const show = (next: string) => {
    prompt = next
    onChange.opened()
    vi.advanceTimersByTime(1000)
  }
  const load = (is: boolean) => {
    isLoading = is
    edit(prompt)
  }
  return { onChange, ran, edit, show, load }
}

test('a change runs the graph, and a look at another graph does not', () => {
  const { onChange, ran, edit, show } = bench('a')
  onChange.isOn = true
  edit('a, changed')
  show('b')
  edit('b')
  show('a, changed')
  expect(ran).toEqual(['a', 'a, changed'])
  show('b')
  edit('b, changed')
  expect(ran).toEqual(['a', 'a, changed', 'b, changed'])
})

test('what is changed while it runs is run after that, but not the graph that came into view meanwhile', () => {
  const { onChange, ran, edit, show } = bench('a')
  onChange.isOn = true
  onChange.board = { ...EMPTY_BOARD, state: 'running' }
  edit('a, changed')
  expect(ran).toEqual(['a'])
  onChange.board = { ...EMPTY_BOARD, state: 'done' }
  vi.advanceTimersByTime(1000)
  expect(ran).toEqual(['a', 'a, changed'])
  onChange.board = { ...EMPTY_BOARD, state: 'running' }
  show('b')
  onChange.board = { ...EMPTY_BOARD, state: 'done' }
  vi.advanceTimersByTime(1000)
  expect(ran).toEqual(['a', 'a, changed'])
})

test('a picture that is being loaded is waited for, also where it is the one that was there', () => {
  const { onChange, ran, edit, load } = bench('a')
  onChange.isOn = true
  load(true)
  edit('a, changed')
  expect(ran).toEqual(['a'])
  load(false)
  expect(ran).toEqual(['a', 'a, changed'])
  load(true)
  load(false)
  expect(ran).toEqual(['a', 'a, changed'])
})
