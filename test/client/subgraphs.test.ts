import { describe, expect, test } from 'vitest'
import { GraphDocument } from '../../client/document/document.ts'
import { readGraphText } from '../../client/document/read-file.ts'
import { mayTake, unpackSubgraph } from '../../client/document/subgraphs.ts'
import { writeWorkflow } from '../../client/document/write-workflow.ts'
import { allTypes as types } from './types.ts'

const node = (id: number, type: string, more: object = {}) => ({
  id,
  type,
  pos: [id * 100, 0],
  size: [90, 60],
  ...more,
})
const definition = (id: string, nodes: object[], more: object = {}) => ({
  id,
  name: id,
  inputNode: { id: -10 },
  outputNode: { id: -20 },
  inputs: [],
  outputs: [],
  nodes,
  links: [],
  ...more,
})

function open(nodes: object[], subgraphs: object[], links: unknown[] = []): GraphDocument {
  const document = new GraphDocument()
  document.open(readGraphText(JSON.stringify({ nodes, links, definitions: { subgraphs } }), types).graph)
  return document
}

describe('subgraphs', () => {
  const inner = definition('inner', [node(1, 'EmptyImage')])
  const outer = definition('outer', [node(1, 'inner')])

  test('are not pasted into what they hold, known here or not', () => {
    const { whole } = open([node(1, 'inner')], [inner])
    const pasted = (type: string) => open([node(1, type)], [inner, outer]).whole
    expect(mayTake(whole, 'inner', pasted('outer'))).toBe(false)
    expect(mayTake(whole, 'inner', pasted('inner'))).toBe(false)
    expect(mayTake(whole, 'inner', pasted('ImageInvert'))).toBe(true)
    expect(mayTake(whole, '', pasted('outer'))).toBe(true)
  })

  test('that are unpacked leave the points of links at their boundary', () => {
    const input = (link: number) => ({ inputs: [{ name: 'image', type: 'IMAGE', link }] })
    const image = (id: number, from: number, to: number, parentId?: number) => ({
      id,
      origin_id: from,
      origin_slot: 0,
      target_id: to,
      target_slot: 0,
      type: 'IMAGE',
      ...(parentId === undefined ? {} : { parentId }),
    })
    const pointed = definition('pointed', [node(1, 'ImageInvert', input(1)), node(2, 'ImageInvert', input(2))], {
      inputs: [{ name: 'image', type: 'IMAGE' }],
      links: [image(1, -10, 1, 1), image(2, 1, 2, 2)],
      reroutes: [
        { id: 1, pos: [50, 0], linkIds: [1] },
        { id: 2, pos: [150, 0], linkIds: [2] },
      ],
    })
    const document = open([node(1, 'EmptyImage'), node(2, 'pointed', input(1))], [pointed], [[1, 1, 0, 2, 0, 'IMAGE']])
    document.commit(unpackSubgraph(document.graph, document.whole, '2')!.changes)
    expect(document.graph.links.size).toBe(2)
    const { extra } = writeWorkflow(document.whole, types) as { extra: { reroutes: object[] } }
    expect(extra.reroutes).toMatchObject([{ linkIds: [[...document.graph.links.keys()][0]] }])
  })
})
