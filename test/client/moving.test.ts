import { describe, expect, test } from 'vitest'
import type { GraphView } from '../../client/canvas/graph-view.ts'
import { GraphDocument } from '../../client/document/document.ts'
import type { Graph } from '../../client/document/graph.ts'
import { EditHistory } from '../../client/document/history.ts'
import { readGraphText } from '../../client/document/read-file.ts'
import { Commands } from '../../client/editing/commands.ts'
import { allTypes as types } from './types.ts'

const node = (id: number, type: string, pos: readonly [number, number], more: object = {}) => ({
  id,
  type,
  pos,
  size: [100, 60],
  ...more,
})

/**
 * A picture that goes to two nodes, through one point that both links share and one that only the first has; an outer
 * group holds the first two nodes, an inner one the second.
 */
const file = {
  nodes: [
    node(1, 'EmptyImage', [0, 0], { outputs: [{ name: 'IMAGE', type: 'IMAGE', links: [1, 2] }] }),
    node(2, 'ImageInvert', [200, 0], { inputs: [{ name: 'image', type: 'IMAGE', link: 1 }] }),
    node(3, 'ImageInvert', [600, 0], { inputs: [{ name: 'image', type: 'IMAGE', link: 2 }] }),
  ],
  links: [
    [1, 1, 0, 2, 0, 'IMAGE'],
    [2, 1, 0, 3, 0, 'IMAGE'],
  ],
  groups: [
    { title: 'outer', bounding: [-50, -50, 400, 200] },
    { title: 'inner', bounding: [190, -40, 150, 150] },
  ],
  extra: {
    reroutes: [
      { id: 1, pos: [400, 500], linkIds: [1, 2] },
      { id: 2, parentId: 1, pos: [450, 500], linkIds: [1] },
    ],
    linkExtensions: [
      { id: 1, parentId: 2 },
      { id: 2, parentId: 1 },
    ],
  },
}

/** The file with some of it selected. */
function open(selected: readonly string[], groups: readonly string[] = [], changed: object = {}) {
  const document = new GraphDocument()
  document.open(readGraphText(JSON.stringify({ ...file, ...changed }), types).graph)
  const ids = (titles: readonly string[]) =>
    [...document.graph.groups.values()].filter(({ title }) => titles.includes(title)).map(({ id }) => id)
  const history = new EditHistory(document, () => 0)
  const view = {
    selected: new Set(selected),
    selectedGroups: new Set(ids(groups)),
    areaOf: (id: string) => {
      const { position, size } = document.graph.nodes.get(id)!
      return { x: position[0], y: position[1], width: size[0], height: size[1] }
    },
  }
  const parts = { document, history, view: view as unknown as GraphView, types: () => types, refuse: () => {} }
  return { document, history, view, commands: new Commands(parts) }
}

/** What is elsewhere after an arrow was pressed. */
function nudged(...opened: Parameters<typeof open>) {
  const { document, commands } = open(...opened)
  const before = placesOf(document.graph)
  commands.nudge([7, 0])
  const after = placesOf(document.graph)
  const elsewhere = <Key>(kind: 'nodes' | 'groups' | 'points') =>
    [...after[kind]].flatMap(([key, x]) => (x === before[kind].get(key)! + 7 ? [key as Key] : []))
  return { nodes: elsewhere<string>('nodes'), groups: elsewhere<string>('groups'), points: elsewhere<number>('points') }
}

function placesOf({ nodes, groups, reroutes }: Graph): Record<'nodes' | 'groups' | 'points', Map<unknown, number>> {
  return {
    nodes: new Map([...nodes.values()].map(({ id, position: [x] }) => [id, x])),
    groups: new Map([...groups.values()].map(({ title, bounding: [x] }) => [title, x])),
    points: new Map([...reroutes.values()].map(({ id, position: [x] }) => [id, x])),
  }
}

describe('along with what is moved go', () => {
  test('the points of links that have both their ends among it', () => {
    expect(nudged(['2'])).toEqual({ nodes: ['2'], groups: [], points: [] })
    // The first point is one of a link that stays, too.
    expect(nudged(['1', '2'])).toEqual({ nodes: ['1', '2'], groups: [], points: [2] })
    expect(nudged(['1', '2', '3'])).toEqual({ nodes: ['1', '2', '3'], groups: [], points: [1, 2] })
  })

  test('what lies in a group: nodes, groups and points', () => {
    expect(nudged([], ['inner'])).toEqual({ nodes: ['2'], groups: ['inner'], points: [] })
    expect(nudged([], ['outer'])).toEqual({ nodes: ['1', '2'], groups: ['outer', 'inner'], points: [2] })
    const extra = { ...file.extra, reroutes: [{ id: 1, pos: [300, 50], linkIds: [2] }], linkExtensions: [] }
    expect(nudged([], ['inner'], { extra }).points).toEqual([1])
  })

  test('no pinned nodes, and no points that lead to them', () => {
    const nodes = file.nodes.map((each) => (each.id === 2 ? { ...each, flags: { pinned: true } } : each))
    expect(nudged(['1', '2', '3'], ['outer'], { nodes })).toEqual({
      nodes: ['1', '3'],
      groups: ['outer', 'inner'],
      points: [],
    })
  })
})

describe('an arrow that is held', () => {
  /** Where the nodes are. */
  const places = ({ document }: ReturnType<typeof open>) => [...placesOf(document.graph).nodes.values()]

  test('takes along what its press took, not what a group passes over, as one step', () => {
    const opened = open([], ['inner'])
    const { commands, history } = opened
    commands.nudge([400, 0])
    commands.nudge([10, 0], true)
    commands.nudge([10, 0], true)
    expect(places(opened)).toEqual([0, 620, 600])
    history.undo()
    expect([places(opened), history.canUndo]).toEqual([[0, 200, 600], false])
    history.redo()
    commands.nudge([10, 0])
    expect(places(opened)).toEqual([0, 630, 610])
  })

  test('moves what is selected meanwhile', () => {
    const opened = open(['2'])
    opened.commands.nudge([10, 0])
    opened.view.selected = new Set(['3'])
    opened.commands.nudge([10, 0], true)
    expect(places(opened)).toEqual([0, 210, 610])
  })
})
