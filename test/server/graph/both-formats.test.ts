import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GraphDocument } from '../../../client/document/document.ts'
import { makeSubgraph } from '../../../client/document/make-subgraph.ts'
import { readNodeTypes } from '../../../client/document/node-types.ts'
import { readGraphText } from '../../../client/document/read-file.ts'
import { writeWorkflow } from '../../../client/document/write-workflow.ts'
import { nodes } from '../../../nodes/index.ts'
import { describeNode, type ParameterDescription } from '../../../nodes/sdk/description.ts'
import { type Catalogue, catalogueOf, optionsOf } from '../../../server/graph/catalogue.ts'
import { canConnect } from '../../../server/graph/link-types.ts'
import { objectInfo } from '../../../server/graph/object-info.ts'
import { isLink, type Link, type Prompt } from '../../../server/graph/prompt.ts'
import { validatePrompt } from '../../../server/graph/validate.ts'
import { readGraph } from '../../../server/graph/workflow-to-prompt.ts'
import { namesOf } from '../runner/meaning.ts'
import { bench } from '../runner/runs.ts'
import { specialNodes } from '../runner/special-nodes.ts'

const choices = {
  input_images: ['a.png', 'b.png'],
  gendr_models: ['gendr-nano'],
  gendr_settings: ['default'],
  iqa_models: ['musiq.onnx'],
  upscale_models: ['x4'],
}

/** Nodes of ours, and those of the tests: lists, lazy inputs, numbers on sockets. */
const catalogue: Catalogue = new Map([
  ...bench(specialNodes([])).catalogue,
  ...catalogueOf(nodes.map(({ node, category }) => describeNode(node, category))),
])
/** The same as the editor reads them. */
const types = readNodeTypes(
  Object.fromEntries([...catalogue].map(([id, description]) => [id, objectInfo(description, choices)])),
)

interface FileNode {
  id: number | string
  type: string
  mode?: number
  inputs?: { name: string; type: string; link: number | null; widget?: { name: string } }[]
  outputs?: { name: string; type: string; links: number[] | null }[]
  properties?: { params?: Record<string, unknown> }
  widgets_values?: unknown
}
type FileLink = [number, number | string, number, number | string, number, string]
interface File {
  version: number
  last_node_id: number
  last_link_id: number
  nodes: FileNode[]
  links: FileLink[]
}

const ids = [...catalogue.keys()].sort()
const drafts = fc.array(
  fc.record({ type: fc.constantFrom(...ids), picks: fc.array(fc.nat(), { minLength: 24, maxLength: 24 }) }),
  { minLength: 1, maxLength: 15, size: 'max' },
)
type Draft = { readonly type: string; readonly picks: readonly number[] }

/** A random graph in the API format; nodes whose sockets nothing fits are left out. */
function promptOf(nodes: readonly Draft[], idOf: (index: number) => string = (i) => String(i + 1)): Prompt {
  const prompt: Record<string, Prompt[string]> = {}
  const outputs: { link: Link; type: string }[] = []
  for (const { type, picks } of nodes) {
    const description = catalogue.get(type)!
    const next = picks[Symbol.iterator]()
    const pick = () => next.next().value ?? 0
    const linkTo = (wanted: string): Link | undefined => {
      const fitting = outputs.filter((output) => canConnect(output.type, wanted))
      return fitting[pick() % Math.max(1, fitting.length)]?.link
    }
    const inputs: Record<string, unknown> = {}
    for (const { name, type, required } of description.inputs) {
      const link = required || pick() % 2 === 0 ? linkTo(type) : undefined
      if (link !== undefined) inputs[name] = link
    }
    if (description.inputs.some(({ name, required }) => required && !(name in inputs))) continue
    for (const parameter of description.parameters) {
      const link = pick() % 4 === 0 ? linkTo(parameter.kind === 'COMBO' ? 'STRING' : parameter.kind) : undefined
      inputs[parameter.name] = link ?? constantOf(parameter, pick())
    }
    const id = idOf(Object.keys(prompt).length)
    prompt[id] = { class_type: type, inputs }
    for (const [slot, output] of description.outputs.entries()) outputs.push({ link: [id, slot], type: output.type })
  }
  return prompt
}

function constantOf(parameter: ParameterDescription, pick: number): unknown {
  switch (parameter.kind) {
    case 'INT':
      return parameter.min + (pick % Math.min(1000, parameter.max - parameter.min + 1))
    case 'FLOAT':
      return parameter.min + ((pick % 1001) / 1000) * Math.min(1000, parameter.max - parameter.min)
    case 'BOOLEAN':
      return pick % 2 === 0
    case 'STRING':
      return ['', 'fixed', 'a text', 'randomize', '照片'][pick % 5]
    case 'COMBO': {
      const options = optionsOf(parameter, choices)
      return options[pick % options.length]
    }
  }
}

function documentOf(prompt: Prompt): GraphDocument {
  const document = new GraphDocument()
  document.open(readGraphText(JSON.stringify(prompt), types).graph)
  return document
}

const fileOf = (prompt: Prompt): File => JSON.parse(JSON.stringify(writeWorkflow(documentOf(prompt).whole, types)))

const read = (file: unknown): Prompt => plain(readGraph(file, catalogue))

/** Without titles. */
function plain(prompt: Prompt): Prompt {
  return Object.fromEntries(Object.entries(prompt).map(([id, { class_type, inputs }]) => [id, { class_type, inputs }]))
}

describe('a graph is the same in both formats', () => {
  const expectSame = (change: (file: File, pick: () => number, prompt: Prompt) => unknown, numRuns = 100) =>
    fc.assert(
      fc.property(drafts, fc.infiniteStream(fc.nat(1000)), (nodes, stream) => {
        const prompt = promptOf(nodes)
        const pick = () => stream.next().value as number
        expect(read(change(fileOf(prompt), pick, prompt))).toEqual(prompt)
      }),
      { numRuns },
    )

  test('as the editor writes it', () => expectSame((file) => file))

  test('as ComfyUI writes it, with values by position alone', () => expectSame((file) => positional(file)))

  test('without the words behind seeds and the places of buttons', () =>
    expectSame((file, _pick, prompt) => {
      for (const node of positional(file).nodes) {
        const { inputs } = prompt[String(node.id)]!
        node.widgets_values = inOrder(node.type).map(({ name }) => (isLink(inputs[name]) ? null : inputs[name]))
      }
      return file
    }))

  test('with values by name', () =>
    expectSame((file, _pick, prompt) => {
      for (const node of positional(file).nodes) {
        const { inputs } = prompt[String(node.id)]!
        node.widgets_values = Object.fromEntries(Object.entries(inputs).filter(([, value]) => !isLink(value)))
      }
      return file
    }))

  test('in version 1', () =>
    expectSame((file) => ({
      ...file,
      version: 1,
      state: { lastNodeId: file.last_node_id, lastLinkId: file.last_link_id, lastGroupId: 0, lastRerouteId: 0 },
      links: file.links.map(([id, origin_id, origin_slot, target_id, target_slot, type]) => {
        return { id, origin_id, origin_slot, target_id, target_slot, type }
      }),
    })))

  test('with reroutes in its links, notes, and labels that live in ComfyUI’s browser', () =>
    expectSame((file, pick) => {
      for (const link of [...file.links]) for (let i = pick() % 3; i > 0; i--) reroute(file, link)
      for (const type of ['Note', 'MarkdownNote', 'Label (rgthree)']) {
        file.nodes.push({ id: freeId(file), type, widgets_values: ['words'] })
      }
      return file
    }))

  test('with constants from primitives', () =>
    expectSame((file, pick, prompt) => {
      for (const node of [...file.nodes]) {
        for (const { name, kind } of catalogue.get(node.type)!.parameters) {
          if (!isLink(prompt[String(node.id)]!.inputs[name]) && pick() % 3 === 0)
            primitive(file, node, name, kind, prompt)
        }
      }
      return file
    }))

  test('with parts of it in subgraphs, one in the other', () =>
    fc.assert(
      fc.property(
        drafts,
        fc.array(fc.array(fc.nat(14), { minLength: 1, maxLength: 6 }), { maxLength: 3 }),
        (made, parts) => {
          const prompt = promptOf(made)
          const document = documentOf(prompt)
          for (const [i, part] of parts.entries()) {
            const present = [...document.graph.nodes.keys()]
            const chosen = new Set(part.flatMap((n) => present[n % Math.max(1, present.length)] ?? []))
            const subgraph = makeSubgraph(document.graph, chosen, `subgraph-${i}`, `Part ${i}`, types)
            if ('changes' in subgraph) document.commit(subgraph.changes)
          }
          const names = new Map<string, string>()
          const namesIn = (graph: Prompt) => [...namesOf(graph, names).values()].sort()
          const file = JSON.parse(JSON.stringify(writeWorkflow(document.whole, types)))
          expect(namesIn(read(file))).toEqual(namesIn(prompt))
        },
      ),
      { numRuns: 150 },
    ))

  test('and is as valid', () =>
    fc.assert(
      fc.property(drafts, (made) => {
        const prompt = promptOf(made)
        const direct = validatePrompt(prompt, catalogue, choices)
        const converted = validatePrompt(read(fileOf(prompt)), catalogue, choices)
        expect(converted).toEqual(direct)
      }),
      { numRuns: 60 },
    ))
})

/** ComfyUI's order of widgets: what may be left out comes last. */
function inOrder(type: string): readonly ParameterDescription[] {
  const { parameters } = catalogue.get(type)!
  return [...parameters.filter(({ optional }) => !optional), ...parameters.filter(({ optional }) => optional)]
}

function positional(file: File): File {
  for (const node of file.nodes) delete node.properties?.params
  return file
}

function freeId(file: File): number {
  file.last_node_id += 1000
  return file.last_node_id
}

function addLink(file: File, from: FileNode['id'], slot: number, to: FileNode['id'], toSlot: number, type: string) {
  file.last_link_id++
  file.links.push([file.last_link_id, from, slot, to, toSlot, type])
  return file.last_link_id
}

function reroute(file: File, link: FileLink): void {
  const [id, , , to, toSlot, type] = link
  const node: FileNode = { id: freeId(file), type: 'Reroute', inputs: [{ name: '', type: '*', link: id }] }
  const next = addLink(file, node.id, 0, to, toSlot, type)
  file.nodes.find((one) => one.id === to)!.inputs![toSlot]!.link = next
  node.outputs = [{ name: '', type, links: [next] }]
  file.nodes.push(node)
  link[3] = node.id
  link[4] = 0
}

function primitive(file: File, node: FileNode, name: string, kind: string, prompt: Prompt): void {
  const { inputs } = prompt[String(node.id)]!
  node.inputs ??= []
  const source: FileNode = { id: freeId(file), type: 'PrimitiveNode', widgets_values: [inputs[name], 'fixed'] }
  const link = addLink(file, source.id, 0, node.id, node.inputs.length, kind)
  source.outputs = [{ name: 'connect to widget input', type: kind, links: [link] }]
  node.inputs.push({ name, type: kind, widget: { name }, link })
  if (node.properties?.params !== undefined) node.properties.params[name] = 'stale'
  file.nodes.push(source)
}

describe('files of ComfyUI', () => {
  const open = (name: string) =>
    JSON.parse(readFileSync(join(import.meta.dirname, `../../fixtures/workflows/${name}.json`), 'utf8'))

  test('plain, with reroutes on links, in version 1, with groups and notes', () => {
    expect(read(open('plain-0.4'))).toMatchObject({ '4': { inputs: { upscale_method: 'bicubic', scale_by: 1.5 } } })
    for (const name of ['native-reroutes-0.4', 'schema-1', 'groups-notes']) {
      const result = validatePrompt(read(open(name)), catalogue, { ...choices, imageExists: () => true })
      expect(result).toMatchObject({ ok: true, nodeErrors: {} })
    }
    expect(Object.values(read(open('groups-notes'))).map(({ class_type }) => class_type)).not.toContain('Note')
  })

  test('with reroutes in a row and a primitive for two fields', () => {
    const prompt = read(open('reroutes-primitives'))
    const scales = Object.values(prompt).filter(({ class_type }) => class_type === 'ImageScaleBy')
    expect(scales.map(({ inputs }) => inputs.scale_by)).toEqual([2, 2])
    expect(new Set(scales.map(({ inputs }) => String(inputs.image)))).toEqual(new Set(['10,0']))
  })

  test('bare ones take defaults, where there are any', () => {
    expect(read(open('bare'))).toMatchObject({ '2': { inputs: { images: ['1', 0], filename_prefix: 'ComfyUI' } } })
    expect(validatePrompt(read(open('bare')), catalogue, choices).nodeErrors).toMatchObject({
      '1': { errors: [{ type: 'required_input_missing', details: 'image' }] },
    })
  })

  test('with nodes that nobody has name all of them, and what to do', () => {
    const result = validatePrompt(read(open('unknown-nodes')), catalogue, choices)
    if (result.ok) throw new Error('it should not be valid')
    expect(result.error.extra_info.remedy).toMatch(/'CheckpointLoaderSimple', 'KSampler'.*'VHS_VideoCombine'/)
    expect(result.error.extra_info.missing_nodes).toContainEqual({
      node_id: '101',
      class_type: 'KSampler',
      node_title: 'KSampler',
    })
    expect(result.error.extra_info.remedy).not.toContain('Fast Groups Muter')
  })
})

describe('what a file says in other words', () => {
  const image = { name: 'image', type: 'IMAGE', link: 1 }
  const saved = (node: object, more: object[] = [], links: unknown[] = []) => ({
    nodes: [
      { id: 1, type: 'LoadImage', outputs: [{ name: 'IMAGE', type: 'IMAGE' }], widgets_values: ['a.png', 'image'] },
      { id: 2, mode: 0, ...node },
      ...more,
    ],
    links: [[1, 1, 0, 2, 0, 'IMAGE'], ...links],
  })
  const scale = (fields: object) => saved({ type: 'ImageScaleBy', inputs: [image], ...fields })

  test('a value that is a list is no link', () => {
    const prompt = read(scale({ widgets_values: ['lanczos', ['1', 0]] }))
    expect(prompt['2']!.inputs.scale_by).toEqual({ __value__: ['1', 0] })
  })

  test('null and what is left out is the default', () => {
    const { scale_by, upscale_method } = read(scale({ widgets_values: [null] }))['2']!.inputs
    expect([upscale_method, scale_by]).toEqual(['nearest-exact', 1])
  })

  test('a field whose reroute is fed by nothing has its own value; one that a muted node feeds has none', () => {
    const field = { name: 'scale_by', type: 'FLOAT', widget: { name: 'scale_by' }, link: 2 }
    const fed = (node: object) =>
      read(
        saved(
          { type: 'ImageScaleBy', inputs: [image, field], widgets_values: ['area', 3] },
          [{ id: 3, outputs: [{ name: '', type: 'FLOAT' }], ...node }],
          [[2, 3, 0, 2, 1, 'FLOAT']],
        ),
      )['2']!.inputs
    expect(fed({ type: 'Reroute', inputs: [{ name: '', type: '*', link: null }] }).scale_by).toBe(3)
    expect(fed({ type: 'PrimitiveNode', widgets_values: [] }).scale_by).toBe(3)
    expect(fed({ type: 'ImageNIQE', mode: 2 })).not.toHaveProperty('scale_by')
    expect(fed({ type: 'PrimitiveNode', mode: 2, widgets_values: [5] }).scale_by).toBe(5)
  })

  test('a bypassed node hands on what fits the input behind it, before what only has the same place', () => {
    const bypassed = {
      id: 3,
      type: 'SomebodysMix',
      mode: 4,
      inputs: [
        { name: 'mask', type: 'MASK', link: 2 },
        { name: 'image', type: 'IMAGE,MASK', link: 3 },
        { name: 'other', type: 'IMAGE', link: 4 },
      ],
      outputs: [{ name: 'IMAGE', type: 'IMAGE' }],
    }
    const prompt = read({
      nodes: [
        { id: 1, type: 'LoadImage', widgets_values: ['a.png', 'image'] },
        { id: 4, type: 'LoadImage', widgets_values: ['b.png', 'image'] },
        bypassed,
        { id: 2, type: 'SaveImage', inputs: [{ name: 'images', type: 'IMAGE', link: 5 }], widgets_values: ['x'] },
      ],
      links: [
        [2, 1, 1, 3, 0, 'MASK'],
        [3, 1, 1, 3, 1, 'MASK'],
        [4, 4, 0, 3, 2, 'IMAGE'],
        [5, 3, 0, 2, 0, 'IMAGE'],
      ],
    })
    expect(prompt['2']!.inputs.images).toEqual(['4', 0])
  })

  test('a node made of a subgraph gives the widgets that it shows their values, its own and those inside', () => {
    const json = {
      nodes: [
        { id: 1, type: 'LoadImage', outputs: [{ name: 'IMAGE', type: 'IMAGE' }], widgets_values: ['a.png', 'image'] },
        {
          id: 2,
          type: 'enlarge',
          inputs: [image, { name: 'factor', type: 'FLOAT', widget: { name: 'factor' }, link: null }],
          outputs: [{ name: 'IMAGE', type: 'IMAGE' }],
          properties: {
            proxyWidgets: [
              ['7', 'upscale_method'],
              ['-1', 'factor'],
            ],
          },
          widgets_values: ['lanczos', 2.5],
        },
      ],
      links: [[1, 1, 0, 2, 0, 'IMAGE']],
      definitions: {
        subgraphs: [
          {
            id: 'enlarge',
            name: 'Enlarge',
            inputNode: { id: -10 },
            outputNode: { id: -20 },
            nodes: [
              {
                id: 7,
                type: 'ImageScaleBy',
                inputs: [
                  { name: 'image', type: 'IMAGE', link: 1 },
                  { name: 'scale_by', type: 'FLOAT', widget: { name: 'scale_by' }, link: 2 },
                ],
                widgets_values: ['area', 1],
              },
            ],
            links: [
              { id: 1, origin_id: -10, origin_slot: 0, target_id: 7, target_slot: 0, type: 'IMAGE' },
              { id: 2, origin_id: -10, origin_slot: 1, target_id: 7, target_slot: 1, type: 'FLOAT' },
            ],
          },
        ],
      },
    }
    expect(read(json)['2:7']!.inputs).toEqual({ image: ['1', 0], upscale_method: 'lanczos', scale_by: 2.5 })
  })
})
