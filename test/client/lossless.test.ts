import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GraphDocument } from '../../client/document/document.ts'
import { changeNode, renameNode, setParam } from '../../client/document/edits.ts'
import { BOUNDARY } from '../../client/document/graph.ts'
import { readGraphText, styleOf, writeText } from '../../client/document/read-file.ts'
import { readWorkflow } from '../../client/document/read-workflow.ts'
import { unpackSubgraph } from '../../client/document/unpack-subgraph.ts'
import { typeOf } from '../../client/document/virtual-types.ts'
import { writePrompt, writeWorkflow } from '../../client/document/write-workflow.ts'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import { allTypes, types } from './types.ts'

const folder = join(import.meta.dirname, '../fixtures/workflows')
const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
const textOf = (name: string) => readFileSync(join(folder, name), 'utf8')

function saved(text: string, catalogue: Catalogue): string {
  const document = new GraphDocument()
  document.open(readGraphText(text, catalogue).graph)
  return writeText(writeWorkflow(document.whole, catalogue), styleOf(text))
}

interface Written {
  nodes: { id: unknown }[]
  links: unknown[]
  definitions?: { subgraphs: Written[] }
}

describe.each(files)('%s', (name) => {
  test('opens and is saved back byte for byte, whatever nodes the host has', () => {
    for (const catalogue of [allTypes, types, new Map()]) expect(saved(textOf(name), catalogue)).toBe(textOf(name))
  })

  test('of an edit on one node only that node differs', () => {
    const document = new GraphDocument()
    document.open(readGraphText(textOf(name), allTypes).graph)
    const before = JSON.parse(textOf(name)) as Written
    const [node] = [...document.graph.nodes.values()]
    if (node === undefined) return
    document.commit(changeNode(document.graph, node.id, { position: [-5, 7] }))
    document.commit(renameNode(document.graph, node.id, 'Other'))
    const after = writeWorkflow(document.whole, allTypes) as unknown as Written
    expect(after.nodes[0]).toEqual({ ...before.nodes[0], pos: [-5, 7], title: 'Other' })
    expect({ ...after, nodes: after.nodes.slice(1) }).toEqual({ ...before, nodes: before.nodes.slice(1) })
  })
})

describe('what files of every kind say', () => {
  const open = (name: string) => readGraphText(textOf(`${name}.json`), allTypes)

  test('only nodes that nobody has are told of', () => {
    const told = files.flatMap((name) => readGraphText(textOf(name), allTypes).problems)
    expect(told).toHaveLength(1)
    expect(told[0]).toMatch(/no node called CheckpointLoaderSimple, KSampler.*are kept/)
  })

  test('groups, notes, muted, bypassed, folded and pinned nodes', () => {
    const { graph } = open('groups-notes')
    expect([...graph.groups.values()].map(({ title, color }) => [title, color])).toEqual([
      ['In', '#3f789e'],
      ['Work & save', '#b58b2a'],
    ])
    expect(graph.nodes.get('30')?.params).toEqual({ text: 'Old photographs:\nscan at 600 dpi first.' })
    expect(graph.nodes.get('5')).toMatchObject({ mode: 2, collapsed: true })
    expect(graph.nodes.get('6')).toMatchObject({ mode: 4, pinned: true, params: { width: 512, crop: 'center' } })
  })

  test('links know the points that they run through, in both formats', () => {
    expect(open('native-reroutes-0.4').graph.links.get(1)?.parent).toBe(2)
    expect(open('native-reroutes-0.4').graph.reroutes.get(2)).toMatchObject({ parent: 1, position: [700, 40] })
    expect(open('schema-1').graph.links.get(11)?.parent).toBe(5)
  })

  test('subgraphs are levels of their own, and their nodes have the fields that they expose', () => {
    const { graph } = open('subgraphs')
    const [id] = [...graph.definitions.keys()]
    const inside = graph.definitions.get(id!)
    expect(inside?.name).toBe('Enlarge & invert')
    expect(inside?.nodes.get(BOUNDARY.input)?.outputs.map(({ name }) => name)).toEqual(['image', 'scale_by'])
    expect(inside?.links.get(2)).toMatchObject({ from: BOUNDARY.input, to: '5', input: 'scale_by' })
    expect(graph.nodes.get('21')?.params).toMatchObject({ scale_by: 2.5 })
    expect(graph.nodes.get('22')?.params).toMatchObject({ scale_by: 1.25 })
  })

  test('a node made of a subgraph shows the fields that its file promotes, with its values or those of the inside', () => {
    const { graph } = open('promoted-widgets')
    const shown = (id: string) => {
      const node = graph.nodes.get(id)!
      return typeOf(graph, node, allTypes)!.parameters.map(({ name, default: inside }) => [
        name,
        node.params[name] ?? inside,
      ])
    }
    expect(shown('11')).toEqual([
      ['5:upscale_method', 'lanczos'],
      ['scale_by', 2.5],
      ['6:width', 640],
      ['7:3: scale_by', 0.25],
    ])
    expect(shown('12')).toEqual([
      ['scale_by', 1],
      ['5:upscale_method', 'bicubic'],
      ['6:width', 512],
    ])
  })

  test('an edit of a promoted field is of that node alone, by name, and by position as ComfyUI has it', () => {
    const document = new GraphDocument()
    document.open(open('promoted-widgets').graph)
    const before = JSON.parse(textOf('promoted-widgets.json')) as Written
    document.commit(setParam(document.graph, '11', '6:width', 800))
    document.commit(setParam(document.graph, '12', '6:width', 256))
    const after = writeWorkflow(document.whole, allTypes) as unknown as Written
    expect(after.nodes[1]).toMatchObject({
      widgets_values: ['lanczos', 2.5, 800, 0.25, '?'],
      properties: { params: { '5:upscale_method': 'lanczos', '6:width': 800 } },
    })
    // Two values for two entries, for ComfyUI; only the one that was changed is the node's own.
    expect(after.nodes[2]).toMatchObject({
      widgets_values: [1, 'bicubic', 256],
      properties: { params: { scale_by: 1, '6:width': 256 } },
    })
    expect(after.definitions).toEqual(before.definitions)
    const again = readWorkflow(JSON.parse(JSON.stringify(after)), allTypes).graph
    for (const id of ['11', '12']) {
      expect(again.nodes.get(id)?.params).toEqual(document.graph.nodes.get(id)?.params)
    }
    expect(writePrompt(again, allTypes)['12:6']!.inputs).toMatchObject({ width: 256 })
    expect(writePrompt(again, allTypes)['11:6']!.inputs).toMatchObject({ width: 800 })
  })

  test('an unpacked subgraph keeps what its promoted fields said', () => {
    const document = new GraphDocument()
    document.open(open('promoted-widgets').graph)
    const { changes } = unpackSubgraph(document.graph, document.whole, '11')!
    document.commit(changes)
    const values = Object.values(writePrompt(document.whole, allTypes)).map(({ class_type, inputs }) => [
      class_type,
      inputs.width ?? inputs.scale_by,
    ])
    expect(values).toEqual(
      expect.arrayContaining([
        ['ImageScale', 640],
        ['ImageScaleBy', 2.5],
        ['ImageScaleBy', 0.25],
      ]),
    )
  })

  test('an edit inside a subgraph changes nothing outside of it', () => {
    const document = new GraphDocument()
    document.open(open('subgraphs').graph)
    const before = JSON.parse(textOf('subgraphs.json')) as Written
    document.enter([{ node: '21', definition: [...document.graph.definitions.keys()][0]! }])
    document.commit(setParam(document.graph, '5', 'upscale_method', 'bicubic'))
    const after = writeWorkflow(document.whole, allTypes) as unknown as Written
    expect({ ...after, definitions: 0 }).toEqual({ ...before, definitions: 0 })
    const [first, second] = [after, before].map((file) => file.definitions!.subgraphs[0]!.nodes[0])
    expect(first).toMatchObject({
      widgets_values: ['bicubic', 1],
      properties: { params: { upscale_method: 'bicubic' } },
    })
    expect({ ...first, widgets_values: 0, properties: 0 }).toEqual({ ...second, widgets_values: 0, properties: 0 })
    expect(after.definitions!.subgraphs[1]).toEqual(before.definitions!.subgraphs[1])
  })
})

/** Any JSON that a file may hold where we look at nothing. */
const anything = fc
  .jsonValue({ maxDepth: 2 })
  .filter((value) => !/__proto__|constructor|prototype/.test(JSON.stringify(value)))
const more = fc.dictionary(
  fc.constantFrom('localized_name', 'shape', 'boxcolor', 'dir', 'tooltip', 'x y', '0'),
  anything,
  {
    maxKeys: 3,
  },
)
const shuffled = <Entry extends object>(entry: Entry, order: number): Entry => {
  const entries = Object.entries(entry)
  for (let i = entries.length - 1; i > 0; i--) {
    const j = (order * (i + 7)) % (i + 1)
    ;[entries[i], entries[j]] = [entries[j]!, entries[i]!]
  }
  return Object.fromEntries(entries) as Entry
}

const anyFile = fc
  .record({
    version: fc.constantFrom(0.4, 1),
    nodes: fc.array(
      fc.record({
        type: fc.constantFrom(
          'LoadImage',
          'ImageScaleBy',
          'SaveImage',
          'Noise',
          'Reroute',
          'Note',
          'Foreign',
          'Other node',
        ),
        at: fc.oneof(
          fc.tuple(fc.integer({ min: -5000, max: 5000 }), fc.double({ min: -5000, max: 5000, noNaN: true })),
          fc.constant({ '0': 3, '1': 4.5 }),
        ),
        inputs: fc.integer({ min: 0, max: 3 }),
        outputs: fc.integer({ min: 0, max: 2 }),
        widgets: fc.oneof(
          fc.array(anything, { maxLength: 4 }),
          fc.dictionary(fc.constantFrom('a', 'b', 'image'), anything),
        ),
        more,
        order: fc.nat(50),
        isText: fc.boolean(),
      }),
      { maxLength: 12 },
    ),
    feeds: fc.array(fc.tuple(fc.nat(20), fc.nat(20), fc.nat(2), fc.nat(2)), { maxLength: 14 }),
    groups: fc.array(
      fc.record({
        title: fc.string(),
        bounding: fc.tuple(fc.nat(900), fc.nat(900), fc.nat(900), fc.double({ min: 1, max: 900, noNaN: true })),
        more,
      }),
      {
        maxLength: 3,
      },
    ),
    extra: fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), anything, { maxKeys: 3 }),
    order: fc.nat(50),
  })
  .map(({ version, nodes, feeds, groups, extra, order }) => {
    const taken = new Set<string>()
    const links = feeds.flatMap(([a, b, output, input], i) => {
      // Forwards only, so that there is no circle; one link for an input.
      const [from, to] = [a % Math.max(1, nodes.length), b % Math.max(1, nodes.length)].sort((x, y) => x - y) as [
        number,
        number,
      ]
      const [source, target] = [nodes[from], nodes[to]]
      if (from === to || source === undefined || target === undefined) return []
      if (output >= source.outputs || input >= target.inputs || taken.has(`${to}:${input}`)) return []
      taken.add(`${to}:${input}`)
      return [{ id: i * 3 + 1, from, output, to, input }]
    })
    const idOf = (i: number) => (nodes[i]?.isText === true ? `n${i}` : i + 1)
    const written = nodes.map((node, i) =>
      shuffled(
        {
          ...node.more,
          id: idOf(i),
          type: node.type,
          pos: node.at,
          size: [210, 60.5],
          flags: {},
          mode: 0,
          inputs: Array.from({ length: node.inputs }, (_, slot) => ({
            name: `in ${slot}`,
            link: links.find(({ to, input }) => to === i && input === slot)?.id ?? null,
            type: '*',
          })),
          outputs: Array.from({ length: node.outputs }, (_, slot) => {
            const ids = links.filter(({ from, output }) => from === i && output === slot).map(({ id }) => id)
            return { links: ids.length === 0 ? null : ids, name: 'out', type: '*' }
          }),
          properties: { ver: '1' },
          widgets_values: node.widgets,
        },
        node.order,
      ),
    )
    const largest = { node: nodes.length + 5, link: 100 }
    return shuffled(
      {
        version,
        ...(version === 1
          ? { state: { lastNodeId: largest.node, lastLinkId: largest.link, lastGroupId: 9, lastRerouteId: 0 } }
          : { last_node_id: largest.node, last_link_id: largest.link }),
        nodes: written,
        links: links.map(({ id, from, output, to, input }) =>
          version === 1
            ? shuffled(
                { id, origin_id: idOf(from), origin_slot: output, target_id: idOf(to), target_slot: input, type: '*' },
                order,
              )
            : [id, idOf(from), output, idOf(to), input, '*'],
        ),
        groups: groups.map(({ title, bounding, more }, i) => shuffled({ ...more, title, bounding }, i)),
        extra: { ...extra, ds: { scale: 1, offset: [0, 0] } },
        config: {},
      },
      order,
    )
  })

test('any file in either format, with unknown fields anywhere and its keys in any order, is saved back byte for byte', () => {
  fc.assert(
    fc.property(anyFile, (file) => {
      const text = JSON.stringify(file)
      const { graph } = readWorkflow(JSON.parse(text), types)
      expect(JSON.stringify(writeWorkflow(graph, types))).toBe(text)
    }),
    { numRuns: 400, endOnFailure: true },
  )
})
