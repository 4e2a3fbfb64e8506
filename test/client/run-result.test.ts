import { expect, test } from 'vitest'
import { readWorkflow } from '../../client/document/read-workflow.ts'
import { boardOfRun, EMPTY_BOARD, withOutputs } from '../../client/host/run-board.ts'
import { resultOf } from '../../client/host/run-result.ts'
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
  withOutputs(boardOfRun(EMPTY_BOARD, 'a', ids, 0), new Map(ids.map((id) => [id, outputs[id]])))

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
