import { beforeEach, expect, test, vi } from 'vitest'
import { GraphDocument } from '../../client/document/document.ts'
import { setParam } from '../../client/document/edits.ts'
import { readWorkflow } from '../../client/document/read-workflow.ts'
import type { Editor } from '../../client/editor.ts'
import { FormView } from '../../client/form-view.ts'
import { boardOfRun, EMPTY_BOARD, type RunBoard, withOutputs } from '../../client/host/run-board.ts'
import { promptOf } from './prompt-of.ts'
import { allTypes as types } from './types.ts'

const { graph } = readWorkflow(
  { nodes: [{ id: 1, type: 'LoadImage', pos: [0, 0], size: [200, 100], widgets_values: ['before.png'] }], links: [] },
  types,
)
const input = (filename: string) => ({ filename, subfolder: '', type: 'input' })
const saved = { filename: 'after.png', subfolder: '', type: 'output' as const }

const document = new GraphDocument()
const open = vi.fn()
const scrollUp = vi.fn()
let board: RunBoard
let isShown: boolean
let view: FormView
const showRun = vi.fn()

beforeEach(() => {
  document.open(graph)
  open.mockClear()
  scrollUp.mockClear()
  board = EMPTY_BOARD
  isShown = true
  const editor = {
    document,
    types,
    tabs: { active: { name: 'Photo' } },
    canCancel: false,
    outlook: { of: () => undefined },
    get boardInView() {
      return board
    },
    get boardInMind() {
      return board
    },
  } as unknown as Editor
  const panel = { show: vi.fn(), showRun }
  view = new FormView({ editor, panel, viewer: { open }, isShown: () => isShown, scrollUp })
})

test('the photograph is shown when the form opens, and again when it is another', () => {
  view.opened()
  expect(open).toHaveBeenLastCalledWith('before.png', { pictures: [input('before.png')], isAside: true })
  open.mockClear()
  view.edited()
  expect(open).not.toHaveBeenCalled()
  document.commit(setParam(document.graph, '1', 'image', 'other.png'))
  view.edited()
  expect(open).toHaveBeenLastCalledWith('other.png', { pictures: [input('other.png')], isAside: true })
})

test('the result of a run is shown once, beside what it was made of', () => {
  view.opened()
  open.mockClear()
  run()
  const compared = { before: input('before.png'), after: saved }
  expect(open).toHaveBeenLastCalledWith('Result', { pictures: [saved], compared })
  view.followed()
  expect(open).toHaveBeenCalledTimes(1)
  expect(scrollUp).toHaveBeenCalledTimes(1)
})

test('who comes back finds the result, or after an edit the photograph', () => {
  isShown = false
  run()
  expect(open).not.toHaveBeenCalled()
  isShown = true
  view.opened()
  expect(open).toHaveBeenLastCalledWith('Result', expect.anything())
  view.edited()
  view.opened()
  expect(open).toHaveBeenLastCalledWith('before.png', expect.anything())
})

test('why a run failed is said until the graph is another, and of the next run again', () => {
  const fail = () => {
    board = boardOfRun(board, 'a run', promptOf('9'), 0)
    view.followed()
    board = { ...board, state: 'failed' }
    view.showRun()
  }
  view.opened()
  fail()
  expect(showRun).toHaveBeenLastCalledWith(board, false)
  view.edited()
  expect(showRun).toHaveBeenLastCalledWith(EMPTY_BOARD, false)
  fail()
  expect(showRun).toHaveBeenLastCalledWith(board, false)
})

test('why a graph was refused is said though nothing ran', () => {
  view.opened()
  view.edited()
  board = { ...EMPTY_BOARD, state: 'failed' }
  view.showRun()
  expect(showRun).toHaveBeenLastCalledWith(board, false)
})

/** A run begins and ends well. */
function run(): void {
  board = boardOfRun(board, 'a run', promptOf('9'), 0)
  view.followed()
  board = { ...withOutputs(board, new Map([['9', { images: [saved] }]])), state: 'done' }
  view.followed()
}
