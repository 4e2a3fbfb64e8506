import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import type { GraphView } from '../../client/canvas/graph-view.ts'
import { connect } from '../../client/document/connect.ts'
import { GraphDocument } from '../../client/document/document.ts'
import { setParam } from '../../client/document/edits.ts'
import { EditHistory } from '../../client/document/history.ts'
import { mayTake } from '../../client/document/instances.ts'
import { readGraphText } from '../../client/document/read-file.ts'
import { renameSocket } from '../../client/document/subgraph-boundary.ts'
import { unpackSubgraph } from '../../client/document/unpack-subgraph.ts'
import { typeOf } from '../../client/document/virtual-types.ts'
import { writePrompt, writeWorkflow } from '../../client/document/write-workflow.ts'
import { Commands } from '../../client/editing/commands.ts'
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

  test('are made on pages that are not secure too, each with an id as ComfyUI wants it', () => {
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) })
    const document = open([node(1, 'EmptyImage'), node(2, 'EmptyImage')], [])
    const commands = new Commands({
      document,
      history: new EditHistory(document),
      view: { sized: () => [], select: () => {} } as unknown as GraphView,
      types: () => types,
      refuse: () => {},
    })
    commands.makeSubgraph(new Set(['1']))
    commands.makeSubgraph(new Set(['2']))
    vi.unstubAllGlobals()
    const ids = [...document.whole.definitions.keys()]
    expect(new Set(ids).size).toBe(2)
    for (const id of ids) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  })

  test.each(['input', 'output'] as const)('show a new name of an %s everywhere, whatever it was labelled', (side) => {
    const named = { name: 'image', type: 'IMAGE', label: 'Photo' }
    const document = open(
      [node(1, 'labelled', { [`${side}s`]: [{ ...named, link: null, links: [] }] })],
      [definition('labelled', [], { [`${side}s`]: [named] })],
    )
    document.commit(renameSocket(document.whole, 'labelled', side, 0, 'scan'))
    const [socket] = document.graph.nodes.get('1')![`${side}s`]
    expect(socket).toMatchObject({ name: 'scan', type: 'IMAGE' })
    expect(socket).not.toHaveProperty('label')
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

describe('what a subgraph gives', () => {
  const image = (id: number, from: number, fromSlot: number, to: number, toSlot: number) => ({
    id,
    origin_id: from,
    origin_slot: fromSlot,
    target_id: to,
    target_slot: toSlot,
    type: 'IMAGE',
  })
  const sockets = ['a', 'b'].map((name) => ({ name, type: 'IMAGE' }))
  const inverted = (id: number, link: number) =>
    node(id, 'ImageInvert', { inputs: [{ ...sockets[0], name: 'image', link }] })
  const both = (id: string, nodes: object[], links: object[]) =>
    definition(id, nodes, { inputs: sockets, outputs: sockets, links })
  /** Two ways through it that have nothing to do with each other. */
  const apart = both(
    'apart',
    [inverted(1, 1), inverted(2, 2)],
    [image(1, -10, 0, 1, 0), image(2, -10, 1, 2, 0), image(3, 1, 0, -20, 0), image(4, 2, 0, -20, 1)],
  )
  const instance = (id: number, type: string, a: number, b: number) =>
    node(id, type, {
      inputs: [
        { ...sockets[0], link: a },
        { ...sockets[1], link: b },
      ],
      outputs: sockets,
    })
  const wrapped = both(
    'wrapped',
    [instance(1, 'apart', 1, 2)],
    [image(1, -10, 0, 1, 0), image(2, -10, 1, 1, 1), image(3, 1, 0, -20, 0), image(4, 1, 1, -20, 1)],
  )
  const file = (type: string) => ({
    nodes: [
      node(4, 'EmptyImage'),
      instance(5, type, 1, 3),
      inverted(6, 2),
      node(7, 'SaveImage', { inputs: [{ name: 'images', type: 'IMAGE', link: 4 }] }),
    ],
    links: [
      [1, 4, 0, 5, 0, 'IMAGE'],
      [2, 5, 0, 6, 0, 'IMAGE'],
      [3, 6, 0, 5, 1, 'IMAGE'],
      [4, 5, 1, 7, 0, 'IMAGE'],
    ],
    definitions: { subgraphs: [apart, wrapped] },
  })

  test.each(['apart', 'wrapped'])('may come back to another of its inputs, that is no circle: %s', (type) => {
    const { graph, problems } = readGraphText(JSON.stringify(file(type)), types)
    expect(problems).toEqual([])
    expect(writeWorkflow(graph, types).links).toEqual(file(type).links)
    const inside = type === 'apart' ? '5' : '5:1'
    expect(writePrompt(graph, types)).toMatchObject({
      [`${inside}:1`]: { inputs: { image: ['4', 0] } },
      6: { inputs: { image: [`${inside}:1`, 0] } },
      [`${inside}:2`]: { inputs: { image: ['6', 0] } },
      7: { inputs: { images: [`${inside}:2`, 0] } },
    })
  })

  test('closes a circle where it depends on what it feeds', () => {
    const { graph } = readGraphText(JSON.stringify(file('wrapped')), types)
    const refused = connect(graph, { from: '5', output: 1, to: '6', input: 'image' })
    expect(refused).toMatchObject({ ok: false, reason: expect.stringContaining('circle') })
    const { links, ...rest } = file('wrapped')
    const closed = { ...rest, links: [...links.slice(0, 1), [2, 5, 1, 6, 0, 'IMAGE'], ...links.slice(2)] }
    expect(readGraphText(JSON.stringify(closed), types).problems.join()).toMatch(/closes a circle/)
  })
})

describe('nodes made of subgraphs in newer files of ComfyUI', () => {
  interface File {
    nodes: { inputs: object[]; widgets_values?: unknown[]; widgets_values_named?: object; properties: object }[]
    definitions: { subgraphs: { id: string; inputs: { name: string }[] }[] }
  }
  const file = (): File =>
    JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/workflows/newer-subgraphs.json'), 'utf8'))
  const opened = (json: File): GraphDocument => {
    const document = new GraphDocument()
    document.open(readGraphText(JSON.stringify(json), types).graph)
    return document
  }
  const shown = ({ graph }: GraphDocument, id: string) => {
    const node = graph.nodes.get(id)!
    return typeOf(graph, node, types)!.parameters.map(({ name }) => [name, node.params[name]])
  }
  const written = ({ whole }: GraphDocument) => writeWorkflow(whole, types) as unknown as File

  test('show the values of their fields, which they do not list, and take links by name', () => {
    const document = opened(file())
    expect(shown(document, '2')).toEqual([
      ['seed', 7],
      ['strength', 0.25],
      ['scale_by', 2],
      ['upscale_method', 'lanczos'],
    ])
    expect(shown(document, '4')).toEqual([['grain', 0.75]])
    expect([...document.graph.links.values()].flatMap(({ to, input }) => (to === '3' ? [input] : []))).toEqual([
      'image',
      'scale_by',
    ])
    expect(writePrompt(document.whole, types)).toMatchObject({
      '2:1': { inputs: { image: ['1', 0], seed: 7, strength: 0.25 } },
      '3:2': { inputs: { scale_by: 3, upscale_method: 'area' } },
      '4:1:1': { inputs: { seed: 9, strength: 0.75 } },
    })
  })

  test('are edited by name and by place, one place for each field, and run so', () => {
    const document = opened(file())
    document.commit(setParam(document.graph, '2', 'strength', 0.5))
    expect(written(document).nodes[1]).toMatchObject({
      inputs: [{ name: 'image', link: 1 }],
      widgets_values: [7, 0.5, 2, 'lanczos'],
      widgets_values_named: { seed: 7, strength: 0.5, scale_by: 2, upscale_method: 'lanczos' },
      properties: { params: { strength: 0.5 } },
    })
    expect(writePrompt(document.whole, types)['2:1']!.inputs).toMatchObject({ seed: 7, strength: 0.5 })
  })

  test('without values of their own show those of the inside, and are written with them', () => {
    const json = file()
    delete json.nodes[1]!.widgets_values
    delete json.nodes[1]!.widgets_values_named
    const document = opened(json)
    expect(shown(document, '2')).toEqual([
      ['seed', 1],
      ['strength', 0.125],
      ['scale_by', 1.5],
      ['upscale_method', 'bicubic'],
    ])
    expect(written(document)).toEqual(json)
    document.commit(setParam(document.graph, '2', 'scale_by', 4))
    expect(written(document).nodes[1]!.widgets_values).toEqual([1, 0.125, 4, 'bicubic'])
  })

  test('lose the places that older versions of this editor wrote after a seed', () => {
    const json = file()
    json.nodes[1]!.widgets_values = [7, 'fixed', 0.25, 2, 'lanczos']
    delete json.nodes[1]!.widgets_values_named
    const document = opened(json)
    expect(written(document)).toEqual(json)
    expect(shown(document, '2')).toContainEqual(['strength', 0.25])
    document.commit(setParam(document.graph, '2', 'strength', 0.5))
    expect(written(document).nodes[1]!.widgets_values).toEqual([7, 0.5, 2, 'lanczos'])
  })

  test('of older files keep what they promote by the field that an input feeds, when another one is edited', () => {
    const json = file()
    const properties = {
      proxyWidgets: [
        ['2', 'scale_by'],
        ['1', 'strength'],
      ],
    }
    json.nodes[1] = { ...json.nodes[1]!, properties, widgets_values: [2.75, 0.875] }
    const document = opened(json)
    expect(shown(document, '2')).toContainEqual(['strength', 0.875])
    document.commit(setParam(document.graph, '2', 'scale_by', 4))
    expect(written(document).nodes[1]!.widgets_values).toEqual([4, 0.875])
    expect(writePrompt(document.whole, types)).toMatchObject({
      '2:1': { inputs: { strength: 0.875 } },
      '2:2': { inputs: { scale_by: 4 } },
    })
  })

  test('keep their links when an input of the subgraph gets another name', () => {
    const document = opened(file())
    const { id } = file().definitions.subgraphs[1]!
    document.commit(renameSocket(document.whole, id, 'input', 3, 'picture'))
    document.commit(renameSocket(document.whole, id, 'input', 2, 'factor'))
    const again = opened(written(document))
    expect(writePrompt(again.whole, types)).toMatchObject({
      '2:1': { inputs: { image: ['1', 0], seed: 7 } },
      '2:2': { inputs: { scale_by: 2 } },
      '3:1': { inputs: { image: ['1', 0] } },
      '3:2': { inputs: { scale_by: 3 } },
    })
  })

  test('have a link go by its type where two inputs have one name', () => {
    const json = file()
    json.definitions.subgraphs[1]!.inputs[1]!.name = 'image'
    const document = opened(json)
    expect(writePrompt(document.whole, types)['2:1']!.inputs).toMatchObject({ image: ['1', 0], strength: 0.25 })
  })
})

describe('group nodes of an older ComfyUI', () => {
  const file = (inner: string) => ({
    nodes: [
      node(1, 'EmptyImage', { outputs: [{ name: 'IMAGE', type: 'IMAGE', links: [1] }] }),
      node(2, 'workflow>grain', {
        inputs: [{ name: 'image', type: 'IMAGE', link: 1 }],
        outputs: [{ name: 'IMAGE', type: 'IMAGE', links: [2] }],
        widgets_values: [7, 'fixed', 0.25],
      }),
      node(3, 'SaveImage', { inputs: [{ name: 'images', type: 'IMAGE', link: 2 }], widgets_values: ['x'] }),
    ],
    links: [
      [1, 1, 0, 2, 0, 'IMAGE'],
      [2, 2, 0, 3, 0, 'IMAGE'],
    ],
    extra: {
      groupNodes: {
        grain: {
          nodes: [
            node(-1, inner, {
              inputs: [{ name: 'image', type: 'IMAGE', link: null }],
              outputs: [{ name: 'IMAGE', type: 'IMAGE', links: [] }],
              widgets_values: [1, 'fixed', 0.5],
            }),
          ],
          links: [[null, 0, 0, 0, 1, 'IMAGE']],
          external: [[0, 0, 'IMAGE']],
        },
      },
    },
  })

  test('open as subgraphs, with their values, to be looked into, edited and run', () => {
    const { graph, problems } = readGraphText(JSON.stringify(file('ImageAddNoise')), types)
    expect(problems).toEqual(['Group nodes of an older ComfyUI became subgraphs: grain.'])
    const document = new GraphDocument()
    document.open(graph)
    const [id, inside] = [...graph.definitions][0]!
    expect(document.graph.nodes.get('2')).toMatchObject({ type: id, params: { seed: 7, strength: 0.25 } })
    expect(inside.nodes.get('0')).toMatchObject({ type: 'ImageAddNoise', params: { seed: 1, strength: 0.5 } })
    document.commit(setParam(document.graph, '2', 'strength', 0.75))
    const saved = JSON.parse(JSON.stringify(writeWorkflow(document.whole, types)))
    expect(saved.extra).toEqual({})
    expect(saved.nodes[1]).toMatchObject({ type: id, widgets_values: [7, 0.75] })
    const again = readGraphText(JSON.stringify(saved), types)
    expect(again.problems).toEqual([])
    for (const whole of [document.whole, again.graph]) {
      expect(writePrompt(whole, types)).toMatchObject({
        '2:0': { class_type: 'ImageAddNoise', inputs: { image: ['1', 0], seed: 7, strength: 0.75 } },
        '3': { inputs: { images: ['2:0', 0] } },
      })
    }
  })

  test('that hold what this host does not have are kept, and it is said', () => {
    const { graph, problems } = readGraphText(JSON.stringify(file('FromElsewhere')), types)
    expect(problems).toEqual([
      expect.stringMatching(
        /'grain' holds 'FromElsewhere'.*kept, but cannot run.*convert the group node to a subgraph/,
      ),
    ])
    expect(writeWorkflow(graph, types)).toEqual(file('FromElsewhere'))
    expect(() => writePrompt(graph, types)).toThrow(/'grain' holds 'FromElsewhere'/)
  })
})
