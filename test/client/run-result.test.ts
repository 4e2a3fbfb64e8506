import { expect, test } from 'vitest'
import { readPrompt } from '../../client/document/read-prompt.ts'
import { readWorkflow } from '../../client/document/read-workflow.ts'
import { downloadName } from '../../client/host/pictures.ts'
import { boardOfRun, EMPTY_BOARD, withOutputs, withWarnings, withWords } from '../../client/host/run-board.ts'
import { resultOf, shownFiles, wordsOfRun } from '../../client/host/run-result.ts'
import { promptOf } from './prompt-of.ts'
import { allTypes as types } from './types.ts'

const node = (id: number, type: string, title: string) => ({ id, type, title, pos: [0, 0], size: [200, 100] })
/** Two nodes are number 3: one at the outermost level, one in the subgraph. */
const { graph } = readWorkflow(
  {
    nodes: [node(3, 'PreviewImage', 'Outside'), node(5, 'inside', 'Part')],
    links: [],
    definitions: {
      subgraphs: [
        {
          id: 'inside',
          name: 'Inside',
          inputNode: { id: -10 },
          outputNode: { id: -20 },
          inputs: [],
          outputs: [],
          nodes: [node(3, 'ImageCompare', 'Inside')],
          links: [],
        },
      ],
    },
  },
  types,
)

const file = (filename: string) => ({ filename, subfolder: '', type: 'temp' as const })
const [shown, before, after] = [file('shown.png'), file('before.png'), file('after.png')]
const outputs = {
  '3': { images: [file('outside.png')] },
  '5:3': { a_images: [before], b_images: [after] },
  '5:3-preview': { images: [shown] },
}
const ran = (...ids: readonly (keyof typeof outputs)[]) =>
  withOutputs(boardOfRun(EMPTY_BOARD, 'a', promptOf(...ids), 0), new Map(ids.map((id) => [id, outputs[id]])))

test('of a run up to a node in a subgraph its picture is shown, with the title of the node', () => {
  const upTo = { node: '5:3', shown: '5:3-preview' }
  expect(resultOf(ran('3', '5:3-preview'), upTo, graph, types)).toEqual({
    title: 'Inside',
    files: { pictures: [shown] },
  })
})

test('of any other run its comparison is shown, in a subgraph too', () => {
  expect(resultOf(ran('3', '5:3'), undefined, graph, types)).toEqual({
    title: 'Inside',
    files: { pictures: [before, after], compared: { before, after } },
  })
  expect(resultOf(ran('3'), undefined, graph, types)).toBeUndefined()
})

test('nothing is shown of a node that is gone', () => {
  expect(resultOf(ran('3'), { node: '9', shown: '3' }, graph, types)).toBeUndefined()
})

test('of what is compared, the file is known that was saved of it', () => {
  const nodes = {
    '1': { class_type: 'LoadImage', inputs: { image: 'a.png' } },
    '2': { class_type: 'ImageInvert', inputs: { image: ['1', 0] } },
    '3': { class_type: 'ImageCompare', inputs: { image_a: ['1', 0], image_b: ['2', 0] } },
    '4': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'unlike' } },
    '5': { class_type: 'SaveImage', inputs: { images: ['2', 0], filename_prefix: 'inverted' } },
  }
  const { graph } = readPrompt(nodes, types)
  const [unlike, inverted] = ['unlike.png', 'inverted.png'].map((name) => ({ ...file(name), type: 'output' as const }))
  const board = withOutputs(
    boardOfRun(EMPTY_BOARD, 'a', nodes, 0),
    new Map([
      ['3', { a_images: [before], b_images: [after] }],
      ['4', { images: [unlike!] }],
      ['5', { images: [inverted!] }],
    ]),
  )
  expect(resultOf(board, undefined, graph, types)?.files.saved).toEqual(inverted)
  const { '5': _, ...others } = nodes
  expect(resultOf({ ...board, prompt: others }, undefined, graph, types)?.files.saved).toBeUndefined()
})

test('what was compared is not taken for what is saved of the graph since it was wired otherwise', () => {
  const nodes = (compared: string) => ({
    '1': { class_type: 'LoadImage', inputs: { image: 'a.png' } },
    '2': { class_type: 'ImageInvert', inputs: { image: ['1', 0] } },
    '3': { class_type: 'ImageCompare', inputs: { image_a: ['1', 0], image_b: [compared, 0] } },
    '4': { class_type: 'ImageBlur', inputs: { image: ['2', 0] } },
    '5': { class_type: 'SaveImage', inputs: { images: ['4', 0], filename_prefix: 'blurred' } },
  })
  const made = new Map([
    ['3', { a_images: [before], b_images: [after] }],
    ['5', { images: [{ ...file('blurred.png'), type: 'output' as const }] }],
  ])
  const board = withOutputs(boardOfRun(EMPTY_BOARD, 'a', nodes('2'), 0), made)
  const { graph } = readPrompt(nodes('4'), types)
  expect(resultOf(board, undefined, graph, types)?.files).toEqual(shownFiles(made.get('3')))
})

test('what nodes said comes after their titles, in a subgraph too', () => {
  const board = withWords(ran('3', '5:3'), '5:3', 'two lines\nof it')
  expect(wordsOfRun(board, graph, types)).toEqual(['Inside: two lines', 'Inside: of it'])
})

test('what they only tell of is no warning', () => {
  const board = withWarnings(withWords(ran('3', '5:3'), '5:3', 'in one tile'), [{ node: '5:3', text: 'it is damaged' }])
  expect(wordsOfRun(board, graph, types)).toEqual(['Inside: in one tile', 'Inside: it is damaged'])
  expect(wordsOfRun(board, graph, types, 'warnings')).toEqual(['Inside: it is damaged'])
})

test('a picture that is only shown is downloaded under the name of what shows it', () => {
  expect(downloadName(file('ComfyUI_temp_compare_0a1b_00002_.png'), 'Before/after')).toBe('Before_after.png')
  expect(downloadName({ ...file('a.png'), type: 'output' }, 'Compare Images')).toBe('a.png')
})
