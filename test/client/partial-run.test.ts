import { describe, expect, test } from 'vitest'
import { newNode } from '../../client/document/edits.ts'
import type { Graph } from '../../client/document/graph.ts'
import { readWorkflow } from '../../client/document/read-workflow.ts'
import { runNode } from '../../client/document/run-nodes.ts'
import { orderOf } from '../../client/host/order.ts'
import { canRunUpTo, orderBefore, orderUpTo, shownBefore } from '../../client/host/partial-run.ts'
import { allTypes as types } from './types.ts'

const node = (id: number, type: string, more: object = {}) => ({ id, type, pos: [0, 0], size: [200, 100], ...more })
const image = (link: number | null) => ({ name: 'image', type: 'IMAGE', link })
const gives = (...links: number[]) => ({ name: 'IMAGE', type: 'IMAGE', links })

/** A picture, inverted by a subgraph whose output goes through a reroute and a bypassed node inside, then saved. */
const inside = {
  id: 'inside',
  name: 'Inside',
  inputNode: { id: -10 },
  outputNode: { id: -20 },
  inputs: [{ id: 'i', name: 'image', type: 'IMAGE', linkIds: [1] }],
  outputs: [{ id: 'o', name: 'IMAGE', type: 'IMAGE', linkIds: [4] }],
  nodes: [
    node(3, 'ImageInvert', { inputs: [image(1)], outputs: [gives(2)] }),
    node(4, 'Reroute', { inputs: [{ name: '', type: '*', link: 2 }], outputs: [{ name: '', type: '*', links: [3] }] }),
    node(5, 'ImageInvert', { mode: 4, inputs: [image(3)], outputs: [gives(4)] }),
  ],
  links: [
    [1, -10, 0, 3, 0, 'IMAGE'],
    [2, 3, 0, 4, 0, 'IMAGE'],
    [3, 4, 0, 5, 0, 'IMAGE'],
    [4, 5, 0, -20, 0, 'IMAGE'],
  ].map(([id, origin_id, origin_slot, target_id, target_slot, type]) => ({
    id,
    origin_id,
    origin_slot,
    target_id,
    target_slot,
    type,
  })),
}

function open({ isMutedInside = false, more = [] as object[] } = {}) {
  const muted = (each: object, i: number) => ({ ...each, ...(isMutedInside && i === 0 && { mode: 2 }) })
  const { graph } = readWorkflow(
    {
      nodes: [
        node(1, 'LoadImage', { outputs: [gives(1)], widgets_values: ['a.png'] }),
        node(5, 'inside', { title: 'My picture', inputs: [image(1)], outputs: [gives(2)] }),
        node(6, 'SaveImage', { inputs: [{ name: 'images', type: 'IMAGE', link: 2 }] }),
        ...more,
      ],
      links: [
        [1, 1, 0, 5, 0, 'IMAGE'],
        [2, 5, 0, 6, 0, 'IMAGE'],
      ],
      definitions: { subgraphs: [{ ...inside, nodes: inside.nodes.map(muted) }] },
    },
    types,
  )
  const upTo = (id: string) => orderUpTo(orderOf(graph, types), graph, id, types)
  const offered = (id: string) => {
    const { level, node } = runNode(graph, id)!
    return canRunUpTo(level, node, types)
  }
  /** Where the picture that is shown comes from. */
  const shownBy = (id: string) => {
    const { order, shown } = upTo(id)
    expect(order.targets).toEqual([shown])
    expect(JSON.stringify(order.workflow)).not.toContain('PreviewImage')
    return order.prompt[shown]
  }
  return { graph, upTo, offered, shownBy }
}

const preview = (...images: readonly unknown[]) => ({ class_type: 'PreviewImage', inputs: { images } })

describe('a run up to a node shows', () => {
  test('what the node gives, in a subgraph too', () => {
    const { shownBy } = open()
    expect(shownBy('1')).toMatchObject(preview('1', 0))
    expect(shownBy('5:3')).toMatchObject(preview('5:3', 0))
  })

  test('of a subgraph, a reroute or a bypassed node what comes out of it, wherever that is made', () => {
    const { shownBy } = open()
    for (const id of ['5', '5:4', '5:5']) expect(shownBy(id)).toMatchObject(preview('5:3', 0))
  })

  test('what a node with outputs shows itself', () => {
    expect(open().upTo('6')).toMatchObject({ order: { targets: ['6'] }, shown: '6' })
  })
})

test('the next nodes of the graph show nothing of it', () => {
  const { graph, upTo } = open()
  const next = (level: Graph) => newNode(level, types.get('PreviewImage')!, [0, 0]).id
  const { level } = runNode(graph, '5:3')!
  expect(['1', '5'].map((id) => upTo(id).shown)).not.toContain(next(graph))
  expect(upTo('5:3').shown).not.toBe(`5:${next(level)}`)
})

test('it is not offered where nothing can be run', () => {
  const { offered } = open({
    more: [
      node(10, 'Note'),
      node(11, 'PrimitiveNode', { outputs: [{ name: 'INT', type: 'INT', links: [] }] }),
      node(12, 'Reroute', {
        inputs: [{ name: '', type: '*', link: null }],
        outputs: [{ name: '', type: '*', links: [] }],
      }),
      node(13, 'LoadImage', { mode: 2, outputs: [gives()] }),
      node(14, 'SaveImage', { mode: 4, inputs: [{ name: 'images', type: 'IMAGE', link: null }] }),
      node(15, 'LoadImageMask', { outputs: [{ name: 'MASK', type: 'MASK', links: [] }] }),
    ],
  })
  expect(['10', '11', '12', '13', '14', '15'].filter(offered)).toEqual([])
  expect(['1', '5', '6', '5:3', '5:4', '5:5'].filter((id) => !offered(id))).toEqual([])
})

test('where a picture comes from nowhere, the node is called what stands on it', () => {
  const { upTo } = open({ isMutedInside: true })
  expect(() => upTo('5')).toThrow('‘My picture’ gives no picture that could be shown.')
})

describe('a run for what goes into a node', () => {
  const goingInto = (id: string, input: string, options = {}) => {
    const { graph } = open(options)
    const { order, shown } = orderBefore(orderOf(graph, types), graph, id, input, types)
    expect(order.targets).toEqual([shown])
    expect(shown).toBe(shownBefore(id, input))
    return order.prompt[shown]
  }

  test('shows it, wherever it is made: before a subgraph, inside one, behind what is bypassed', () => {
    expect(goingInto('5', 'image')).toMatchObject(preview('1', 0))
    expect(goingInto('5:3', 'image')).toMatchObject(preview('1', 0))
    expect(goingInto('6', 'images')).toMatchObject(preview('5:3', 0))
  })

  test('is refused where nothing goes in', () => {
    expect(() => goingInto('6', 'images', { isMutedInside: true })).toThrow('No picture goes into ‘Save Image’.')
    const unfed = node(7, 'ImageCrop', { inputs: [image(null)] })
    expect(() => goingInto('7', 'image', { more: [unfed] })).toThrow('No picture goes into ‘Crop Image’.')
  })
})
