import { expect, test } from 'vitest'
import { drawBelow } from '../../client/canvas/card.ts'
import type { NodeView } from '../../client/canvas/node-view.ts'
import type { NodeStatus } from '../../client/host/run-board.ts'

/** The words under a node. */
function below(status: Partial<NodeStatus>, { collapsed = false } = {}): string[] {
  const written: string[] = []
  const ctx = new Proxy(
    {
      font: '',
      measureText: (text: string) => ({ width: 7 * text.length }),
      fillText: (text: string) => written.push(text),
    },
    { get: (target, name) => (name in target ? Reflect.get(target, name) : () => {}) },
  )
  const view = {
    id: '1',
    flags: { collapsed },
    size: [300, 100],
    scene: { status: () => status, outlook: () => undefined, said: () => status.said ?? [] },
  }
  drawBelow(ctx as unknown as CanvasRenderingContext2D, view as unknown as NodeView, 300)
  return written
}

test('what a node said is read under it, a few lines of it, and not under one that is folded', () => {
  expect(below({ said: ['64 × 48', 'in one tile'] })).toEqual(['64 × 48', 'in one tile'])
  expect(below({ said: Array.from({ length: 9 }, (_, i) => `noise ${i}`) })).toHaveLength(4)
  expect(below({ said: ['64 × 48'] }, { collapsed: true })).toEqual([])
})

test('why it failed is read in its place', () => {
  expect(below({ said: ['64 × 48'], error: 'No.' })).toEqual(['No.'])
})
