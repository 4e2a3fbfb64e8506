import { describe, expect, test } from 'vitest'
import type { RunEventBody } from '../../../server/protocol/events.ts'
import { narratorOf } from './narrator-of.ts'

/** Bytes and `progress_state` messages that a chain of so many nodes causes; each node takes a millisecond. */
function traffic(count: number): { bytes: number; states: Record<string, unknown>[] } {
  const ids = Array.from({ length: count }, (_, index) => `${index}`)
  const prompt = Object.fromEntries(ids.map((id) => [id, { class_type: 'Fake', inputs: {} }]))
  const narrator = narratorOf(prompt)
  const events: RunEventBody[] = [
    { type: 'started' },
    ...ids.flatMap((node): RunEventBody[] => [
      { type: 'node_started', node },
      { type: 'node_finished', node, ui: null, cached: false },
    ]),
    { type: 'succeeded' },
  ]
  const told = events.flatMap((event, index) => narrator.tell({ runId: 'run', sequence: index, time: index, ...event }))
  const messages = told.flatMap((telling) => (telling.kind === 'message' ? [telling.message] : []))
  return {
    bytes: JSON.stringify(messages).length,
    states: messages.flatMap((message) => (message.type === 'progress_state' ? [message.data.nodes] : [])),
  }
}

describe('progress_state', () => {
  test('goes on when the clock is set back', () => {
    const narrator = narratorOf({ 1: { class_type: 'Fake', inputs: {} } })
    const at = (time: number, value: number) =>
      narrator.tell({ runId: 'run', sequence: value, time, type: 'node_progress', node: '1', value, max: 9 }).length
    expect([at(5000, 1), at(5010, 2), at(1000, 3), at(1010, 4), at(1060, 5)]).toEqual([2, 1, 2, 1, 2])
  })

  test('holds every node that has started, for a small graph', () => {
    const { states } = traffic(3)
    expect(states.map((nodes) => Object.keys(nodes).length)).toEqual([1, 1, 2, 2, 3, 3])
    expect(states.at(-1)).toMatchObject({
      2: {
        value: 1,
        max: 1,
        state: 'finished',
        node_id: '2',
        prompt_id: 'run',
        display_node_id: '2',
        parent_node_id: null,
      },
    })
  })

  test('tells of every node of a large graph, in bytes that grow with its size', () => {
    const small = traffic(1000)
    const large = traffic(4000)
    expect(large.bytes / small.bytes).toBeLessThan(4.5)
    const finished = new Set(
      large.states.flatMap((nodes) =>
        Object.entries(nodes).flatMap(([id, node]) => ((node as { state: string }).state === 'finished' ? [id] : [])),
      ),
    )
    expect(finished.size).toBe(4000)
  })
})
