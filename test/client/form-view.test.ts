import { beforeEach, expect, test, vi } from 'vitest'
import { GraphDocument } from '../../client/document/document.ts'
import { changeNode, setParam } from '../../client/document/edits.ts'
import { readWorkflow } from '../../client/document/read-workflow.ts'
import type { Editor } from '../../client/editor.ts'
import {
  boardOfRun,
  EMPTY_BOARD,
  type NodeOutput,
  type RunBoard,
  withOutputs,
  withWarnings,
  withWords,
} from '../../client/host/run-board.ts'
import { FormView } from '../../client/page/form-view.ts'
import type { Prompt } from '../../server/graph/prompt.ts'
import { promptOf } from './prompt-of.ts'
import { allTypes as types } from './types.ts'

const node = (id: number, type: string) => ({ id, type, pos: [0, 0], size: [200, 100] })
const ends = { inputNode: { id: -10 }, outputNode: { id: -20 }, inputs: [], outputs: [] }
const { graph } = readWorkflow(
  {
    nodes: [{ ...node(1, 'LoadImage'), widgets_values: ['before.png'] }, node(2, 'part')],
    links: [],
    definitions: { subgraphs: [{ id: 'part', name: 'Part', ...ends, nodes: [], links: [] }] },
  },
  types,
)
const input = (filename: string) => ({ filename, subfolder: '', type: 'input' as const })
const RESULT = 'Result of before.png'
const saved = { filename: 'after.png', subfolder: '', type: 'output' as const }

let document: GraphDocument
const open = vi.fn()
const scrollUp = vi.fn()
let board: RunBoard
let isShown: boolean
let view: FormView
const show = vi.fn()
const showRun = vi.fn()

beforeEach(() => {
  document = new GraphDocument()
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
  const panel = { show, showRun }
  view = new FormView({ editor, panel, viewer: { open }, isShown: () => isShown, scrollUp })
  document.subscribe((event) => view.hear(event))
})

test('the photograph is shown when the form opens, and again when it is another', () => {
  view.opened()
  expect(open).toHaveBeenLastCalledWith('before.png', { pictures: [input('before.png')], isAside: true })
  open.mockClear()
  document.commit(changeNode(document.graph, '1', { title: 'Old photograph' }))
  expect(open).not.toHaveBeenCalled()
  edit()
  expect(open).toHaveBeenLastCalledWith('other.png', { pictures: [input('other.png')], isAside: true })
})

test('the result of a run is shown once, beside what it was made of', () => {
  view.opened()
  open.mockClear()
  run()
  const compared = { before: input('before.png'), after: saved }
  expect(open).toHaveBeenLastCalledWith(RESULT, { pictures: [saved], compared })
  view.followed()
  expect(open).toHaveBeenCalledTimes(1)
  expect(scrollUp).toHaveBeenCalledTimes(1)
})

test('the result of one of several pictures is beside that one, not beside the one in the form', () => {
  view.opened()
  run('third.png')
  const compared = { before: input('third.png'), after: saved }
  expect(open).toHaveBeenLastCalledWith('Result of third.png', { pictures: [saved], compared })
})

test('a result of which it is not known what it was made of is shown alone', () => {
  view.opened()
  run(null)
  expect(open).toHaveBeenLastCalledWith('Result', { pictures: [saved] })
})

test('what a run compares itself is shown as its result', () => {
  const compared = { before: input('straight.png'), after: saved }
  view.opened()
  run('before.png', { a_images: [compared.before], b_images: [compared.after] })
  expect(open).toHaveBeenLastCalledWith(RESULT, { pictures: [saved], compared })
  expect(scrollUp).toHaveBeenCalledTimes(1)
})

test('who comes back finds the result, or after an edit the photograph', () => {
  isShown = false
  run()
  expect(open).not.toHaveBeenCalled()
  isShown = true
  view.opened()
  expect(open).toHaveBeenLastCalledWith(RESULT, expect.anything())
  isShown = false
  edit()
  isShown = true
  view.opened()
  expect(open).toHaveBeenLastCalledWith('other.png', expect.anything())
})

test('a look at another workflow or into a subgraph is no edit, nor is a node that is moved', () => {
  run()
  const [kept, shown] = [document.state, board]
  document.open(graph)
  board = EMPTY_BOARD
  view.opened()
  expect(open).toHaveBeenLastCalledWith('before.png', expect.anything())
  board = shown
  document.state = kept
  expect(open).toHaveBeenLastCalledWith(RESULT, expect.anything())
  isShown = false
  document.commit(changeNode(document.graph, '1', { position: [900, 0] }))
  document.enter([{ node: '2', definition: 'part' }])
  expect(document.level).toBe('part')
  isShown = true
  open.mockClear()
  view.opened()
  expect(open).toHaveBeenCalledExactlyOnceWith(RESULT, expect.anything())
})

test('what a node warned of is beside the result until the next run, and nothing else that it said', () => {
  board = boardOfRun(board, 'a run', promptOf('1'), 0, document.version)
  board = withWarnings(withWords(board, '1', '60 × 40'), [{ node: '1', text: 'the file is damaged' }])
  view.showRun()
  expect(showRun).toHaveBeenLastCalledWith(board, false, ['Load Image: the file is damaged'])
  begin()
  view.showRun()
  expect(showRun).toHaveBeenLastCalledWith(board, false, [])
})

test('of which picture a crop is that was set on another one is said, until it is set anew', () => {
  const links = [[1, 1, 0, 3, 0, 'IMAGE']]
  const crop = {
    ...node(3, 'ImageCrop'),
    inputs: [{ name: 'image', type: 'IMAGE', link: 1 }],
    widgets_values: [9, 9, 0, 0],
  }
  const load = { ...node(1, 'LoadImage'), widgets_values: ['before.png'] }
  document.open(readWorkflow({ nodes: [load, crop], links }, types).graph)
  const said = () => show.mock.lastCall?.[3]({ node: '3' })
  expect(said()).toBeUndefined()
  edit()
  expect(said()).toBe('before.png')
  document.commit(setParam(document.graph, '3', 'width', 8))
  expect(said()).toBeUndefined()
})

test('why a run failed is said until the graph is another, and of the next run again', () => {
  const fail = () => {
    begin()
    board = { ...board, state: 'failed' }
    view.showRun()
  }
  view.opened()
  fail()
  expect(showRun).toHaveBeenLastCalledWith(board, false, [])
  const kept = document.state
  document.open(graph)
  document.state = kept
  expect(showRun).toHaveBeenLastCalledWith(board, false, [])
  edit()
  expect(showRun).toHaveBeenLastCalledWith(EMPTY_BOARD, false, [])
  fail()
  expect(showRun).toHaveBeenLastCalledWith(board, false, [])
})

test('why a graph was refused is said though nothing ran', () => {
  view.opened()
  edit()
  board = { ...EMPTY_BOARD, state: 'failed', version: document.version }
  view.showRun()
  expect(showRun).toHaveBeenLastCalledWith(board, false, [])
})

function edit(): void {
  document.commit(setParam(document.graph, '1', 'image', 'other.png'))
}

/** @param picture that the graph loaded, as far as that is known */
function begin(picture?: string): void {
  const loader: Prompt = picture === undefined ? {} : { '1': { class_type: 'LoadImage', inputs: { image: picture } } }
  board = boardOfRun(board, 'a run', { ...promptOf('9'), ...loader }, 0, document.version)
  view.followed()
}

/** A run begins and ends well. */
function run(picture: string | null = 'before.png', output: NodeOutput = { images: [saved] }): void {
  begin(picture ?? undefined)
  board = { ...withOutputs(board, new Map([['9', output]])), state: 'done' }
  view.followed()
}
