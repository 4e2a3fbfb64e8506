import { describe, expect, test } from 'vitest'
import { type Change, inverse } from '../../client/document/change.ts'
import { connect } from '../../client/document/connect.ts'
import { GraphDocument } from '../../client/document/document.ts'
import { changeNode, insertGraph, newNode, partOf, removeNodes, setParam } from '../../client/document/edits.ts'
import { EditHistory } from '../../client/document/history.ts'
import { fitNumber, formatNumber, readNumber } from '../../client/document/parameters.ts'
import { readWorkflow } from '../../client/document/read-workflow.ts'
import { addReroute, bridgeNodes } from '../../client/document/wiring.ts'
import { writeWorkflow } from '../../client/document/write-workflow.ts'
import type { NumberParameter } from '../../nodes/sdk/description.ts'
import { savedWorkflow, types } from './types.ts'

function openDocument(): GraphDocument {
  const document = new GraphDocument()
  document.open(readWorkflow(savedWorkflow(), types).graph)
  return document
}

describe('the version of a document', () => {
  test('is another after each edit of what is run, there and back, and the same after any other', () => {
    const document = openDocument()
    const history = new EditHistory(document)
    const seen = [document.version]
    const note = (act: () => void) => {
      act()
      seen.push(document.version)
    }
    note(() => document.commit(setParam(document.graph, '2', 'scale_by', 3)))
    note(() => history.undo())
    note(() => history.redo())
    expect(new Set(seen).size).toBe(seen.length)
    note(() => document.commit(changeNode(document.graph, '2', { position: [900, 0], title: 'Larger' })))
    note(() => document.enter([]))
    expect(new Set(seen).size).toBe(seen.length - 2)
  })

  test('is kept with what is put aside, and of no other graph', () => {
    const document = openDocument()
    const { state, version } = document
    document.open(readWorkflow(savedWorkflow(), types).graph)
    expect(document.version).not.toBe(version)
    const other = document.version
    document.state = state
    expect(document.version).toBe(version)
    document.commit(setParam(document.graph, '2', 'scale_by', 3))
    expect([version, other]).not.toContain(document.version)
  })
})

describe('links', () => {
  test('of other types are refused, with both types named, and the nodes as they are drawn', () => {
    const refused = connect(openDocument().graph, { from: '1', output: 1, to: '3', input: 'images' }, types)
    expect(refused).toEqual({
      ok: false,
      reason: '‘images’ of Save Image takes IMAGE, but ‘MASK’ of Load Image gives MASK.',
    })
  })

  test('that close a circle are refused', () => {
    const document = openDocument()
    const second = newNode(document.graph, types.get('ImageScaleBy')!, [0, 0])
    document.commit([{ kind: 'add-node', node: second }])
    const forth = connect(document.graph, { from: '2', output: 0, to: second.id, input: 'image' })
    if (forth.ok) document.commit(forth.changes)
    expect(connect(document.graph, { from: second.id, output: 0, to: '2', input: 'image' })).toMatchObject({
      ok: false,
    })
    expect(connect(document.graph, { from: '2', output: 0, to: '2', input: 'image' })).toMatchObject({ ok: false })
  })

  test('into a taken input replace the one that was there', () => {
    const document = openDocument()
    const connection = connect(document.graph, { from: '1', output: 0, to: '3', input: 'images' })
    if (connection.ok) document.commit(connection.changes)
    const into = [...document.graph.links.values()].filter(({ to }) => to === '3')
    expect(into).toMatchObject([{ from: '1', input: 'images' }])
  })
})

describe('edits', () => {
  test('every edit can be taken back', () => {
    const document = openDocument()
    const before = writeWorkflow(document.graph, types)
    const made: Change[][] = []
    document.subscribe((event) => {
      if (event.kind === 'edited') made.push([...event.changes])
    })
    document.commit(setParam(document.graph, '2', 'scale_by', 3))
    document.commit(removeNodes(document.graph, new Set(['2'])))
    document.commit([{ kind: 'add-node', node: newNode(document.graph, types.get('Noise')!, [5, 5]) }])
    const [group] = document.graph.groups.values()
    document.commit([{ kind: 'change-group', before: group!, after: { ...group!, title: 'Other' } }])
    expect(writeWorkflow(document.graph, types)).not.toEqual(before)
    for (const changes of made.splice(0).reverse()) document.commit(inverse(changes))
    expect(writeWorkflow(document.graph, types)).toEqual(before)
  })

  test('a copy brings its inner links along under new ids', () => {
    const document = openDocument()
    const { changes, ids } = insertGraph(document.graph, partOf(document.graph, new Set(['1', '2'])), [0, 900])
    document.commit(changes)
    expect(ids).toEqual(['4', '5'])
    expect([...document.graph.links.values()].at(-1)).toMatchObject({ from: '4', to: '5', input: 'image' })
    expect(document.graph.nodes.get('4')?.position).toEqual([0, 900])
  })

  test('groups are copied and removed with the nodes that they are selected with', () => {
    const document = openDocument()
    const group = [...document.graph.groups.values()][0]!
    const groups = new Set([group.id])
    const part = partOf(document.graph, new Set(['1', '2']), groups)
    const copy = insertGraph(document.graph, part, [100, 900])
    document.commit(copy.changes)
    const [x, y, ...size] = group.bounding
    expect(document.graph.groups.get(copy.groups[0]!)).toMatchObject({ title: 'All', bounding: [100, 900, ...size] })
    const [left, top] = document.graph.nodes.get('1')!.position
    expect(document.graph.nodes.get(copy.ids[0]!)?.position).toEqual([left - x + 100, top - y + 900])
    document.commit(removeNodes(document.graph, new Set(['1', '2', '3']), groups))
    expect([...document.graph.groups.keys()]).toEqual(copy.groups)
    expect([...document.graph.nodes.keys()]).toEqual(copy.ids)
    expect(partOf(document.graph, new Set(copy.ids)).groups.size).toBe(0)
  })

  test('removing a node and keeping its links keeps no point that goes with it', () => {
    const document = openDocument()
    document.commit(addReroute(document.graph, 2, [600, 60]))
    const ids = new Set(['2'])
    document.commit([...removeNodes(document.graph, ids), ...bridgeNodes(document.graph, ids)])
    const [link] = document.graph.links.values()
    expect(link).toMatchObject({ from: '1', to: '3' })
    expect(link).not.toHaveProperty('parent')
    expect(document.graph.reroutes.size).toBe(0)
  })

  test('a new node starts with the defaults of its type', () => {
    expect(newNode(openDocument().graph, types.get('Noise')!, [0, 0]).params).toEqual({
      seed: 7,
      note: '',
      flip: true,
      kind: 'x',
    })
  })
})

describe('numbers', () => {
  const parameter: NumberParameter = { name: 'n', kind: 'FLOAT', default: 1, min: 0, max: 1, step: 0.05 }

  test('go to their step and stay within their bounds', () => {
    expect(fitNumber(parameter, 0.333)).toBe(0.35)
    expect(fitNumber(parameter, 7)).toBe(1)
    expect(fitNumber({ ...parameter, kind: 'INT', max: 4096, min: 64, step: 64 }, 500)).toBe(512)
    expect(formatNumber(parameter, 0.3)).toBe('0.30')
  })

  test('are numbers only: nothing that is typed is evaluated', () => {
    expect(readNumber('2,5')).toBe(2.5)
    expect(readNumber('1;alert(1)//2.5')).toBeUndefined()
    expect(readNumber('2*3')).toBeUndefined()
    expect(readNumber('')).toBeUndefined()
  })
})
