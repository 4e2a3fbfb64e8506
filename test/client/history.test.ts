import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { moveBy } from '../../client/canvas/moving.ts'
import { connect, removeLinks } from '../../client/document/connect.ts'
import { GraphDocument } from '../../client/document/document.ts'
import {
  changeNode,
  insertGraph,
  newNode,
  partOf,
  removeNodes,
  renameNode,
  setParam,
} from '../../client/document/edits.ts'
import { EditHistory } from '../../client/document/history.ts'
import { mayHold } from '../../client/document/instances.ts'
import { makeSubgraph } from '../../client/document/make-subgraph.ts'
import { readGraphText } from '../../client/document/read-file.ts'
import { expose, removeSocket, renameSocket } from '../../client/document/subgraph-boundary.ts'
import { unpackSubgraph } from '../../client/document/unpack-subgraph.ts'
import { addReroute, bridgeNodes, groupAround, insertOnLink, removeReroute } from '../../client/document/wiring.ts'
import { writeWorkflow } from '../../client/document/write-workflow.ts'
import { savedWorkflow, allTypes as types } from './types.ts'

interface Bench {
  readonly document: GraphDocument
  readonly history: EditHistory
  wait(milliseconds: number): void
  text(): string
}

const folder = join(import.meta.dirname, '../fixtures/workflows')
const files = [
  JSON.stringify(savedWorkflow()),
  ...readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8')),
]

function open(file = files[0]!): Bench {
  let now = 0
  const document = new GraphDocument()
  const history = new EditHistory(document, () => now)
  document.open(readGraphText(file, types).graph)
  return {
    document,
    history,
    wait: (milliseconds) => {
      now += milliseconds
    },
    text: () => JSON.stringify(writeWorkflow(document.whole, types)),
  }
}

test('a gesture that is abandoned is put back, and is no step', () => {
  const { document, history, text } = open()
  const before = text()
  const [node] = document.graph.nodes.values()
  history.begin()
  document.commit(removeNodes(document.graph, new Set([node!.id])))
  history.abandon()
  history.end()
  expect(text()).toBe(before)
  expect(history.canUndo).toBe(false)
})

/** One thing that a person does; `a` and `b` choose among what there is. */
type Action = readonly [kind: number, a: number, b: number, pause: number]

const ACTIONS: readonly ((document: GraphDocument, a: number, b: number) => void)[] = [
  (document, a, b) => {
    const type = [...types.values()][a % types.size]!
    document.commit([{ kind: 'add-node', node: newNode(document.graph, type, [a, b]) }])
  },
  (document, a, b) => {
    const ids = [...document.graph.nodes.keys()].filter((_, i) => i % 7 === a % 7 || i === b)
    document.commit(removeNodes(document.graph, new Set(ids)))
  },
  (document, a, b) => document.commit(setParam(document.graph, nodeAt(document, a), 'scale_by', 1 + (b % 5))),
  (document, a, b) => document.commit(changeNode(document.graph, nodeAt(document, a), { position: [a, b] })),
  (document, a, b) => document.commit(changeNode(document.graph, nodeAt(document, a), { mode: [0, 2, 4][b % 3]! })),
  (document, a, b) => document.commit(renameNode(document.graph, nodeAt(document, a), b % 2 ? `name ${b}` : '')),
  (document, a, b) => {
    const [from, to] = [nodeAt(document, a), nodeAt(document, b)]
    const input = document.graph.nodes.get(to)?.inputs[0]?.name ?? ''
    const made = connect(document.graph, { from, output: 0, to, input })
    if (made.ok) document.commit(made.changes)
  },
  (document, a) => {
    const link = [...document.graph.links.values()][a % Math.max(1, document.graph.links.size)]
    if (link) document.commit(removeLinks(document.graph, [link]))
  },
  (document, a, b) => {
    const part = partOf(document.graph, new Set([...document.graph.nodes.keys()].slice(0, 1 + (a % 3))))
    const isRecursive = [...part.definitions.keys()].some((id) => !mayHold(document.whole, document.level, id))
    if (part.nodes.size > 0 && !isRecursive) document.commit(insertGraph(document.graph, part, [a, b]).changes)
  },
  (document, a, b) => document.commit(addReroute(document.graph, linkAt(document, a)?.id ?? -1, [a, b])),
  (document, a) => {
    const [...ids] = document.graph.reroutes.keys()
    document.commit(removeReroute(document.graph, ids[a % Math.max(1, ids.length)] ?? -1))
  },
  (document, a, b) => {
    const ids = [...document.graph.nodes.keys()].filter((_, i) => i % 5 === a % 5)
    const subgraph = makeSubgraph(document.graph, new Set(ids), `made-${a}-${b}-${made++}`, `Sub ${b}`, types)
    if ('changes' in subgraph) document.commit(subgraph.changes)
  },
  (document, a) => {
    const node = [...document.graph.nodes.values()].filter(({ type }) => document.graph.definitions.has(type))[a % 2]
    if (node) document.enter([...document.path, { node: node.id, definition: node.type }])
  },
  (document, a) => document.enter(document.path.slice(0, a % 2)),
  (document, a) => document.commit(unpackSubgraph(document.graph, document.whole, nodeAt(document, a))?.changes ?? []),
  (document, a, b) => {
    const node = document.graph.nodes.get(nodeAt(document, a))
    const input = node?.inputs[b % Math.max(1, node.inputs.length)]?.name
    if (document.level === '' || node === undefined) return
    if (b % 2 && input !== undefined) {
      document.commit(expose(document.whole, document.level, { kind: 'input', node: node.id, input }))
    } else document.commit(expose(document.whole, document.level, { kind: 'output', node: node.id, output: b % 3 }))
  },
  (document, a, b) =>
    document.commit(renameSocket(document.whole, document.level, b % 2 ? 'input' : 'output', a % 3, `s${b}`)),
  (document, a, b) => document.commit(removeSocket(document.whole, document.level, b % 2 ? 'input' : 'output', a % 3)),
  (document, a) => {
    const ids = new Set([nodeAt(document, a)])
    document.commit([...removeNodes(document.graph, ids), ...bridgeNodes(document.graph, ids)])
  },
  (document, a, b) =>
    document.commit(insertOnLink(document.graph, nodeAt(document, a), linkAt(document, b)?.id ?? -1, types)),
  (document, a, b) => {
    const group = groupAround(document.graph, [{ x: a, y: b, width: 10, height: 10 }])
    document.commit([{ kind: 'add-group', group }])
  },
  (document, a, b) => {
    const id = [...document.graph.definitions.keys()][a % Math.max(1, document.graph.definitions.size)]
    const before = document.graph.definitions.get(id ?? '')?.name
    if (id !== undefined && before !== undefined) {
      document.commit([{ kind: 'rename-definition', id, before, after: `Named ${b}` }])
    }
  },
  (document, a, b) => {
    const group = [...document.graph.groups.values()][a % Math.max(1, document.graph.groups.size)]
    if (group && b % 2) document.commit([{ kind: 'remove-group', group }])
    else if (group) document.commit([{ kind: 'change-group', before: group, after: { ...group, title: `${b}` } }])
    else document.commit([{ kind: 'add-group', group: { id: `g${b}`, title: '', bounding: [0, 0, a, b] } }])
  },
]

let made = 0

function linkAt({ graph }: GraphDocument, index: number) {
  return [...graph.links.values()][index % Math.max(1, graph.links.size)]
}

function nodeAt({ graph }: GraphDocument, index: number): string {
  return [...graph.nodes.keys()][index % Math.max(1, graph.nodes.size)] ?? ''
}

const actions = fc.array(fc.tuple(fc.nat(ACTIONS.length - 1), fc.nat(60), fc.nat(60), fc.constantFrom(0, 100, 5000)), {
  minLength: 200,
  maxLength: 200,
}) as fc.Arbitrary<Action[]>

describe('any 200 edits', () => {
  test('taken back give the same document, made again the same, saved and opened the same, byte for byte', () => {
    fc.assert(
      fc.property(fc.constantFrom(...files), actions, (file, doings) => {
        const { document, history, wait, text } = open(file)
        const before = text()
        for (const [kind, a, b, pause] of doings) {
          wait(pause)
          if (b % 9 === 0) history.together(() => ACTIONS[kind]!(document, a, b))
          else ACTIONS[kind]!(document, a, b)
        }
        const after = text()
        while (history.canUndo) history.undo()
        expect(text()).toBe(before)
        while (history.canRedo) history.redo()
        expect(text()).toBe(after)
        document.open(readGraphText(after, types).graph)
        expect(text()).toBe(after)
        expect(history.canUndo || history.canRedo).toBe(false)
      }),
      { numRuns: 60, endOnFailure: true },
    )
  })
})

test('a slider that is drawn is one step, two values are two', () => {
  const { document, history, wait } = open()
  const value = () => document.graph.nodes.get('2')?.params.scale_by
  const set = (name: string, to: unknown) => document.commit(setParam(document.graph, '2', name, to))
  const first = value()
  for (const to of [2, 3, 4]) {
    wait(50)
    set('scale_by', to)
  }
  set('upscale_method', 'bicubic')
  wait(2000)
  set('scale_by', 5)
  history.undo()
  expect(value()).toBe(4)
  history.undo()
  expect(document.graph.nodes.get('2')?.params.upscale_method).toBe('nearest-exact')
  expect(value()).toBe(4)
  history.undo()
  expect(value()).toBe(first)
  history.redo()
  expect(value()).toBe(4)
  wait(1)
  set('scale_by', 6)
  expect(history.canRedo).toBe(false)
  history.undo()
  expect(value()).toBe(4)
})

test('a key that is held moves nodes, groups and points in one step, two drags are two', () => {
  const { document, history, wait, text } = open()
  document.commit([{ kind: 'add-group', group: { id: '1', title: 'Both', bounding: [0, 0, 900, 900] } }])
  document.commit(addReroute(document.graph, [...document.graph.links.keys()][0]!, [400, 400]))
  wait(2000)
  const before = text()
  const all = {
    nodes: new Set(['1', '2']),
    groups: new Set(document.graph.groups.keys()),
    points: new Set(document.graph.reroutes.keys()),
  }
  const place = () => document.graph.nodes.get('2')?.position
  const first = place()
  const move = () => document.commit(moveBy(document.graph, all, [24, 0]))
  for (let i = 0; i < 3; i++) {
    wait(40)
    move()
  }
  history.undo()
  expect(text()).toBe(before)
  for (let i = 0; i < 2; i++) history.together(move)
  history.undo()
  expect(place()).toEqual([first![0] + 24, first![1]])
})
