import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { connect } from '../../client/document/connect.ts'
import { GraphDocument } from '../../client/document/document.ts'
import {
  changeNode,
  insertGraph,
  newNode,
  removeNodes,
  renameNode,
  setParam,
  subgraph,
} from '../../client/document/edits.ts'
import { EditHistory } from '../../client/document/history.ts'
import { readGraphText } from '../../client/document/read-file.ts'
import { readWorkflow } from '../../client/document/read-workflow.ts'
import { writeWorkflow } from '../../client/document/write-workflow.ts'
import { savedWorkflow, types } from './types.ts'

interface Bench {
  readonly document: GraphDocument
  readonly history: EditHistory
  wait(milliseconds: number): void
  text(): string
}

function open(): Bench {
  let now = 0
  const document = new GraphDocument()
  const history = new EditHistory(document, () => now)
  document.open(readWorkflow(savedWorkflow(), types).graph)
  return {
    document,
    history,
    wait: (milliseconds) => {
      now += milliseconds
    },
    text: () => JSON.stringify(writeWorkflow(document.graph, types)),
  }
}

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
    if (link) document.commit([{ kind: 'remove-link', link }])
  },
  (document, a, b) => {
    const part = subgraph(document.graph, new Set([...document.graph.nodes.keys()].slice(0, 1 + (a % 3))))
    if (part.nodes.size > 0) document.commit(insertGraph(document.graph, part, [a, b]).changes)
  },
  (document, a, b) => {
    const group = [...document.graph.groups.values()][a % Math.max(1, document.graph.groups.size)]
    if (group && b % 2) document.commit([{ kind: 'remove-group', group }])
    else if (group) document.commit([{ kind: 'change-group', before: group, after: { ...group, title: `${b}` } }])
    else document.commit([{ kind: 'add-group', group: { id: `g${b}`, title: '', bounding: [0, 0, a, b], rest: {} } }])
  },
]

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
      fc.property(actions, (doings) => {
        const { document, history, wait, text } = open()
        const before = text()
        for (const [kind, a, b, pause] of doings) {
          wait(pause)
          ACTIONS[kind]!(document, a, b)
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
