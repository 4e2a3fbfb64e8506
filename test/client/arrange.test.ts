import { describe, expect, test } from 'vitest'
import { align, distribute, tidy } from '../../client/document/arrange.ts'
import { GraphDocument } from '../../client/document/document.ts'
import { changeNode } from '../../client/document/edits.ts'
import { readWorkflow } from '../../client/document/read-workflow.ts'
import { savedWorkflow, types } from './types.ts'

function open(places: readonly (readonly [number, number])[]) {
  const document = new GraphDocument()
  document.open(readWorkflow(savedWorkflow(), types).graph)
  document.commit(places.flatMap((position, i) => changeNode(document.graph, String(i + 1), { position })))
  const placed = places.map(([x, y], i) => ({ id: String(i + 1), x, y, width: 100 + 50 * i, height: 40 }))
  return { document, placed, places: () => [...document.graph.nodes.values()].map(({ position }) => position) }
}

describe('nodes', () => {
  test('are brought to one edge or middle', () => {
    const { document, placed, places } = open([
      [0, 0],
      [30, 100],
      [90, 50],
    ])
    document.commit(align(document.graph, placed, 'right'))
    expect(places()).toEqual([
      [190, 0],
      [140, 100],
      [90, 50],
    ])
  })

  test('get the same gaps, the outermost stay', () => {
    const { document, placed, places } = open([
      [0, 0],
      [120, 0],
      [800, 0],
    ])
    document.commit(distribute(document.graph, placed, 'x'))
    // 100, 150 and 200 wide on 1000: two gaps of 275.
    expect(places()).toEqual([
      [0, 0],
      [375, 0],
      [800, 0],
    ])
  })

  test('stand right of what feeds them, and pinned ones where they are', () => {
    const { document, placed, places } = open([
      [500, 0],
      [20, 300],
      [10, 40],
    ])
    document.commit(changeNode(document.graph, '3', { pinned: true }))
    document.commit(tidy(document.graph, placed))
    expect(places()).toEqual([
      [10, 0],
      [170, 0],
      [10, 40],
    ])
  })
})
