import { describe, expect, test } from 'vitest'
import { GraphDocument } from '../../client/document/document.ts'
import { nextNode } from '../../client/document/next-node.ts'
import { nodeWords } from '../../client/document/node-words.ts'
import { readGraphText } from '../../client/document/read-file.ts'
import { NodeWalk } from '../../client/editing/node-walk.ts'
import { nodeEntry as node } from './node-entry.ts'
import { allTypes as types } from './types.ts'

/** A picture at the left feeds an upscaler far below at the right; a lone mask lies nearer at the right, a note below. */
const file = {
  nodes: [
    node(1, 'LoadImage', [0, 0], {
      outputs: [{ name: 'IMAGE', type: 'IMAGE', links: [1] }],
      widgets_values: ['a.png'],
    }),
    node(2, 'ImageScaleBy', [600, 900], {
      title: 'Larger',
      inputs: [{ name: 'image', type: 'IMAGE', link: 1 }],
      widgets_values: ['bicubic', 2],
    }),
    node(3, 'SolidMask', [300, 0]),
    node(4, 'Note', [0, 300], { widgets_values: ['look'] }),
  ],
  links: [[1, 1, 0, 2, 0, 'IMAGE']],
}
const { graph } = readGraphText(JSON.stringify(file), types)
const areas = new Map(
  [...graph.nodes.values()].map(({ id, position: [x, y] }) => [id, { x, y, width: 200, height: 100 }]),
)

describe('an arrow leads', () => {
  test.each([
    ['from nowhere to the first of the leftmost column', undefined, 'down', '1'],
    ['right along a link, though another lies nearer', '1', 'right', '2'],
    ['left back along it', '2', 'left', '1'],
    ['right to the nearest where no link goes', '3', 'right', '2'],
    ['down to what is below', '1', 'down', '4'],
    ['up to what is above', '4', 'up', '1'],
    ['nowhere where nothing is', '1', 'up', undefined],
  ] as const)('%s', (_name, from, direction, to) => {
    expect(nextNode(graph, areas, from, direction)).toBe(to)
  })
})

test('the words of a node say what feeds it and what its fields hold', () => {
  expect(nodeWords(graph, graph.nodes.get('2')!, types)).toBe(
    'Larger. image from Load Image. upscale method bicubic, scale by 2.',
  )
  const lone = readGraphText(JSON.stringify({ ...file, links: [] }), types).graph
  expect(nodeWords(lone, lone.nodes.get('2')!, types)).toContain('image from nothing')
})

test('a step selects the node, brings it into view and says what it is, and what it said itself', () => {
  const document = new GraphDocument()
  document.open(graph)
  let selected = new Set<string>()
  const done: string[] = []
  const walk = new NodeWalk({
    document,
    types: () => types,
    view: {
      get selected() {
        return selected
      },
      select: (ids) => {
        selected = new Set(ids)
      },
      areaOf: (id) => areas.get(id),
      reveal: (id) => done.push(`show ${id}`),
      placeOf: (area) => area,
      said: (id) => (id === '2' ? ['64 × 48'] : []),
      fieldsOf: () => [{ name: 'scale_by', value: '2', open: () => done.push('open scale by') }],
    },
    say: (words) => done.push(words),
    openMenu: (id) => done.push(`menu of ${id}`),
  })
  walk.menu()
  walk.step('right')
  walk.step('right')
  expect([...selected]).toEqual(['2'])
  walk.fields()
  walk.menu()
  expect(done).toEqual([
    'show 1',
    expect.stringMatching(/^Load Image\./),
    'show 2',
    expect.stringMatching(/^Larger\. image from Load Image.* 64 × 48$/),
    'open scale by',
    'menu of 2',
  ])
})
