import { describe, expect, test } from 'vitest'
import type { GraphView } from '../../client/canvas/graph-view.ts'
import { GraphDocument } from '../../client/document/document.ts'
import { changeNode } from '../../client/document/edits.ts'
import type { Graph } from '../../client/document/graph.ts'
import { EditHistory } from '../../client/document/history.ts'
import { readGraphText } from '../../client/document/read-file.ts'
import { freePlace } from '../../client/document/room.ts'
import { Commands } from '../../client/editing/commands.ts'
import { NodeAdding } from '../../client/editing/node-adding.ts'
import { nodeEntry as node } from './node-entry.ts'
import { allTypes as types } from './types.ts'

const outputs = (links: number[]) => ({ outputs: [{ name: 'IMAGE', type: 'IMAGE', links }] })

/** A picture that is inverted, then saved, 60 apart, in a group; a point lies on the way to the last. */
const chain = {
  nodes: [
    node(1, 'EmptyImage', [0, 0], outputs([1])),
    node(2, 'ImageInvert', [260, 0], { inputs: [{ name: 'image', type: 'IMAGE', link: 1 }], ...outputs([2]) }),
    node(3, 'SaveImage', [520, 0], { inputs: [{ name: 'images', type: 'IMAGE', link: 2 }] }),
  ],
  links: [
    [1, 1, 0, 2, 0, 'IMAGE'],
    [2, 2, 0, 3, 0, 'IMAGE'],
  ],
  groups: [{ title: 'all', bounding: [-20, -50, 800, 200] }],
  extra: { reroutes: [{ id: 1, pos: [490, 50], linkIds: [2] }] },
}

function open(file: object, selected: readonly string[] = []) {
  const document = new GraphDocument()
  document.open(readGraphText(JSON.stringify(file), types).graph)
  const history = new EditHistory(document)
  let now = new Set(selected)
  const view = {
    get selected() {
      return now
    },
    select: (ids: Iterable<string>) => {
      now = new Set(ids)
    },
    sized: (ids: Iterable<string>) => [...ids].flatMap((id) => changeNode(document.graph, id, { size: [200, 100] })),
    areaOf(id: string) {
      const { position, size } = document.graph.nodes.get(id) ?? {}
      return position && size && { x: position[0], y: position[1] - 30, width: size[0], height: size[1] + 30 }
    },
  }
  const refuse = (reason: string) => {
    throw new Error(reason)
  }
  const commands = new Commands({ document, history, view: view as unknown as GraphView, types: () => types, refuse })
  const adding = new NodeAdding({ document, history, view, commands, types: () => types, refuse })
  return { document, history, adding, view }
}

const place = (graph: Graph, id: string) => graph.nodes.get(id)?.position
const linksOf = ({ links }: Graph) => [...links.values()].map(({ from, to }) => `${from} > ${to}`)
const blur = types.get('ImageBlur')!

describe('a node that is put into a link', () => {
  test('lies between its ends, and what is right of it moves on, in one step', () => {
    const { document, history, adding } = open(chain)
    const before = document.graph
    adding.add(blur, [300, 40], { kind: 'link', link: 1 })
    expect(linksOf(document.graph).sort()).toEqual(['1 > 4', '2 > 3', '4 > 2'])
    expect(place(document.graph, '4')).toEqual([260, 0])
    expect([place(document.graph, '2'), place(document.graph, '3')]).toEqual([
      [520, 0],
      [780, 0],
    ])
    expect([...document.graph.groups.values()][0]?.bounding).toEqual([-20, -50, 1060, 200])
    expect(document.graph.reroutes.get(1)?.position).toEqual([750, 50])
    history.undo()
    expect(document.graph.nodes).toEqual(before.nodes)
  })

  test('moves nothing where there is room', () => {
    const nodes = chain.nodes.map((each) => (each.id === 1 ? each : { ...each, pos: [each.pos[0]! + 600, 0] }))
    const { document, adding } = open({ ...chain, nodes })
    adding.add(blur, [300, 40], { kind: 'link', link: 1 })
    expect([place(document.graph, '4'), place(document.graph, '2')]).toEqual([
      [260, 0],
      [860, 0],
    ])
  })

  test('moves no pinned node', () => {
    const nodes = chain.nodes.map((each) => (each.id === 3 ? { ...each, flags: { pinned: true } } : each))
    const { document, adding } = open({ ...chain, nodes })
    adding.add(blur, [300, 40], { kind: 'link', link: 1 })
    expect(place(document.graph, '3')).toEqual([520, 0])
  })
})

describe('a node that is added', () => {
  test('comes where it is wanted, or beside what is there', () => {
    const { document, adding } = open(chain)
    adding.add(blur, [0, 400])
    expect(place(document.graph, '4')).toEqual([0, 400])
    adding.add(blur, [270, 20])
    const area = (id: string) => ({
      x: place(document.graph, id)![0],
      y: place(document.graph, id)![1] - 30,
      width: 200,
      height: 130,
    })
    const others = ['1', '2', '3', '4'].map(area)
    const { x, y } = area('5')
    expect(freePlace(area('5'), others)).toEqual([x, y])
  })

  test('is fed by the one node that is selected, where that feeds none', () => {
    const lone = { nodes: [node(1, 'EmptyImage', [0, 0], outputs([]))], links: [] }
    const { document, adding, view } = open(lone, ['1'])
    adding.add(blur, [900, 900])
    expect(linksOf(document.graph)).toEqual(['1 > 2'])
    expect(place(document.graph, '2')).toEqual([260, 0])
    expect([...view.selected]).toEqual(['2'])
    adding.add(types.get('SaveImage')!, [900, 900])
    expect(linksOf(document.graph)).toEqual(['1 > 2', '2 > 3'])
  })

  test.each([
    ['feeds something', chain, ['1']],
    ['gives nothing', chain, ['3']],
    [
      'is one of two',
      { nodes: [node(1, 'EmptyImage', [0, 0]), node(2, 'EmptyImage', [0, 300])], links: [] },
      ['1', '2'],
    ],
  ])('is fed by no node that %s', (_name, file, selected) => {
    const { document, adding } = open(file, selected)
    const before = linksOf(document.graph)
    adding.add(blur, [900, 900])
    expect(linksOf(document.graph)).toEqual(before)
    expect(place(document.graph, String(document.graph.nodes.size))).toEqual([900, 900])
  })
})
