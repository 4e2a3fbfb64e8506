import { describe, expect, test } from 'vitest'
import { GraphDocument } from '../../client/document/document.ts'
import { insertGraph, newNode, setParam } from '../../client/document/edits.ts'
import { freeLinkId, freeNodeId } from '../../client/document/graph.ts'
import { readGraphText, styleOf, writeText } from '../../client/document/read-file.ts'
import { definitionType, typeOf } from '../../client/document/virtual-types.ts'
import { writeWorkflow } from '../../client/document/write-workflow.ts'
import { allTypes as types } from './types.ts'

const many = (count: number, make: (i: number) => string) => Array.from({ length: count }, (_, i) => make(i)).join(',')
const node = (id: number | string, more = '') => `{"id":${JSON.stringify(id)},"type":"ImageInvert"${more}}`
const definition = (id: string, holds: string, inputs = 1) =>
  `{"id":"${id}","name":"${id}","inputNode":{"id":-10},"outputNode":{"id":-20},"inputs":[${many(inputs, (i) => `{"name":"in${i}","type":"*"}`)}],"outputs":[],
  "nodes":[{"id":1,"type":"${holds}","inputs":[${many(inputs, (i) => `{"name":"in${i}","type":"*","link":${i + 1}}`)}]}],
  "links":[${many(inputs, (i) => `{"id":${i + 1},"origin_id":-10,"origin_slot":${i},"target_id":1,"target_slot":${i},"type":"*"}`)}]}`

/** The error of a file that is refused; an error of another kind, or none, fails. */
function refusal(text: string): string {
  try {
    readGraphText(text, types)
  } catch (error) {
    expect(error).toMatchObject({ code: 'workflow_invalid', remedy: expect.stringMatching(/./) })
    return String((error as Error).message)
  }
  throw new Error('the file was opened')
}

/** How many times as much of the processor as the reference something takes, the least of three; others may use it too. */
function ratio(act: () => unknown, reference: () => unknown): number {
  const least = (work: () => unknown) =>
    Math.min(
      ...[1, 2, 3].map(() => {
        const start = process.cpuUsage()
        work()
        return process.cpuUsage(start).user / 1000
      }),
    )
  return least(act) / Math.max(1, least(reference))
}

describe('a hostile file is refused in words', () => {
  test.each([
    [
      'a hundred thousand points on links',
      `{"version":1,"nodes":[],"links":[],"reroutes":[${many(100_000, (i) => `{"id":${i},"pos":[0,0]}`)}]}`,
      /100000 points.*20000/,
    ],
    ['a prototype as a key of a node', `{"nodes":[${node(1, ',"__proto__":{"x":1}')}]}`, /__proto__/],
    [
      'a prototype deep in a subgraph',
      `{"nodes":[],"definitions":{"subgraphs":[{"nodes":[],"id":"a","extra":{"x":[{"constructor":{"prototype":1}}]}}]}}`,
      /constructor/,
    ],
    [
      'a million links',
      `{"nodes":[],"links":[${many(1_000_000, (i) => `[${i},1,0,2,0,"IMAGE"]`)}]}`,
      /1000000 links.*100000/,
    ],
    ['a hundred thousand nodes', `{"nodes":[${many(100_000, (i) => node(i))}]}`, /100000 nodes.*20000/],
    [
      'too many sockets on one node',
      `{"nodes":[${node(1, `,"inputs":[${many(3000, (i) => `{"name":"i${i}","type":"*"}`)}]`)}]}`,
      /nodes\.0\.inputs/,
    ],
    ['endless nesting', `{"nodes":[],"extra":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`, /nested deeper/],
    ['a text without an end', `{"nodes":[],"extra":{"a":"${'x'.repeat(11_000_000)}"}}`, /11000000 characters/],
    ['a huge file', `{"nodes":[${' '.repeat(70 * 2 ** 20)}]}`, /70 MB/],
    ['nodes that are no list', '{"nodes":{"length":5}}', /no graph/],
    ['a node that is a text', '{"nodes":["x"]}', /nodes\.0/],
    ['an id that is a list', '{"nodes":[{"id":[1],"type":"x"}]}', /nodes\.0\.id/],
    ['an id beyond all numbers', '{"nodes":[{"id":1e400,"type":"x"}]}', /nodes\.0\.id/],
    ['a place that is no number', '{"nodes":[{"id":1,"type":"x","pos":["a","b"]}]}', /nodes\.0\.pos/],
    ['a place out of the world', '{"nodes":[{"id":1,"type":"x","pos":[1e300,0]}]}', /nodes\.0\.pos/],
    ['a subgraph that is broken', '{"nodes":[],"definitions":{"subgraphs":[{"id":"a","nodes":7}]}}', /nodes/],
  ])('%s', (_, text, message) => {
    expect(refusal(text)).toMatch(message)
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })
})

describe('a hostile file does no harm', () => {
  test('HTML in every string stays text, and is saved as it came', () => {
    const html = '<img src=x onerror=alert(1)>'
    const file = {
      nodes: [
        {
          id: html,
          type: html,
          title: html,
          inputs: [{ name: html, type: html, label: html, link: null }],
          outputs: [{ name: html, type: html, links: null }],
          widgets_values: [html],
          color: html,
        },
      ],
      links: [],
      groups: [{ title: html, bounding: [0, 0, 10, 10], color: html }],
    }
    const { graph } = readGraphText(JSON.stringify(file), types)
    expect(graph.nodes.get(html)).toMatchObject({ title: html, color: html })
    expect(writeWorkflow(graph, types)).toEqual(file)
  })

  test('new nodes and links find free ids beside huge ones', () => {
    const huge = Number.MAX_SAFE_INTEGER
    const text = `{"nodes":[${node(huge)},${node('999999999999999')},${node(-7)}],"links":[[${huge},${huge},0,-7,0,"IMAGE"]]}`
    const document = new GraphDocument()
    document.open(readGraphText(text, types).graph)
    for (let i = 0; i < 5; i++) {
      document.commit([{ kind: 'add-node', node: newNode(document.graph, types.get('ImageInvert')!, [0, 0]) }])
      document.commit(insertGraph(document.graph, { ...document.graph, definitions: new Map() }, [0, 0]).changes)
    }
    expect(document.graph.nodes.size).toBe(3 * 2 ** 5 + 2 ** 6 - 2)
    expect(freeNodeId(document.graph)).toBeLessThan(10_000)
    expect(freeLinkId(document.graph)).toBeLessThan(10_000)
  })

  test('circles are cut at one link each, and told', () => {
    const ring = `{"nodes":[${many(50, (i) => node(i, `,"inputs":[{"name":"image","type":"IMAGE","link":${i}}]`))}],"links":[${many(50, (i) => `[${i},${(i + 49) % 50},0,${i},0,"IMAGE"]`)}]}`
    const { graph, problems } = readGraphText(ring, types)
    expect(graph.links.size).toBe(49)
    expect(problems.join()).toMatch(/closes a circle/)
  })

  test('a subgraph that holds itself, or that two hold in each other, opens', () => {
    const text = `{"nodes":[{"id":1,"type":"a"}],"definitions":{"subgraphs":[${definition('a', 'b', 300)},${definition('b', 'a', 300)},${definition('c', 'c')}]}}`
    const { graph } = readGraphText(text, types)
    expect(definitionType(graph, 'a', types)?.inputs).toHaveLength(300)
    expect(writeWorkflow(graph, types)).toEqual(JSON.parse(text))
  })

  test('subgraphs that are nested two thousand deep open in a moment', () => {
    const chain = (count: number) =>
      `{"nodes":[{"id":1,"type":"d0"}],"definitions":{"subgraphs":[${many(count, (i) => definition(`d${i}`, `d${i + 1}`, 2))}]}}`
    const [small, large] = [chain(200), chain(2000)]
    expect(
      ratio(
        () => readGraphText(large, types),
        () => readGraphText(small, types),
      ),
    ).toBeLessThan(60)
  })

  test('fields that a hundred thousand entries promote, of nodes that hold each other, are looked up in a moment', () => {
    const promoting = (id: number, of: string, target: number) =>
      `{"id":${id},"type":"${of}","properties":{"proxyWidgets":[${many(200, () => `["${target}","seed"]`)}]}}`
    const level = (id: string, of: string) =>
      `{"id":"${id}","name":"${id}","inputNode":{"id":-10},"outputNode":{"id":-20},"inputs":[],"outputs":[],"links":[],"nodes":[${many(50, (i) => promoting(i, of, i))}]}`
    const text = `{"nodes":[${many(500, (i) => promoting(i, 'a', 7))}],"definitions":{"subgraphs":[${level('a', 'b')},${level('b', 'a')}]}}`
    const { graph } = readGraphText(text, types)
    const start = process.cpuUsage()
    const fields = [...graph.nodes.values()].flatMap((node) => typeOf(graph, node, types)?.parameters ?? [])
    expect(fields).toEqual([])
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(5000)
    expect(writeText(writeWorkflow(graph, types), styleOf(text)) === text).toBe(true)
  })

  test('a field of a subgraph that is called as no key may be keeps its value, and the file can be read again', () => {
    for (const name of ['__proto__', 'constructor']) {
      const input = `{"name":"${name}","type":"FLOAT","link":null,"widget":{"name":"${name}"}}`
      const inside = `{"id":5,"type":"ImageScaleBy","inputs":[{"name":"scale_by","type":"FLOAT","link":1,"widget":{"name":"scale_by"}}]}`
      const link = `{"id":1,"origin_id":-10,"origin_slot":0,"target_id":5,"target_slot":0,"type":"FLOAT"}`
      const text = `{"nodes":[{"id":1,"type":"a","inputs":[${input}],"widgets_values":[2]}],"links":[],"definitions":{"subgraphs":[{"id":"a","inputNode":{"id":-10},"outputNode":{"id":-20},"inputs":[{"name":"${name}","type":"FLOAT","linkIds":[1]}],"outputs":[],"nodes":[${inside}],"links":[${link}]}]}}`
      const document = new GraphDocument()
      document.open(readGraphText(text, types).graph)
      document.commit(setParam(document.graph, '1', name, 3))
      const again = readGraphText(JSON.stringify(writeWorkflow(document.whole, types)), types).graph
      expect(Object.entries(again.nodes.get('1')!.params)).toEqual([[name, 3]])
    }
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  test('links through fifteen thousand points open in a moment, and are saved back', () => {
    const fed = (id: number) => node(id, `,"inputs":[{"name":"image","type":"IMAGE","link":${id}}]`)
    const link = (id: number) =>
      `{"id":${id},"origin_id":1,"origin_slot":0,"target_id":${id},"target_slot":0,"type":"IMAGE","parentId":1}`
    const point = (id: number) => `{"id":${id},"pos":[${id},0],"parentId":${id + 1}}`
    const text = `{"version":1,"nodes":[{"id":1,"type":"LoadImage"},${many(2000, (i) => fed(i + 2))}],"links":[${many(2000, (i) => link(i + 2))}],"reroutes":[${many(15_000, (i) => point(i + 1))}]}`
    const start = process.cpuUsage()
    const { graph } = readGraphText(text, types)
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(5000)
    expect(graph.reroutes.size).toBe(15_000)
    expect(writeText(writeWorkflow(graph, types), styleOf(text)) === text).toBe(true)
  })

  test('the time to open grows with the size alone, not with its square', () => {
    const chain = (count: number) =>
      `{"nodes":[${many(count, (i) => node(i + 1, `,"inputs":[{"name":"image","type":"IMAGE","link":${i}}]`))}],"links":[${many(count - 1, (i) => `[${i + 1},${i + 1},0,${i + 2},0,"IMAGE"]`)}]}`
    const [small, large] = [chain(2000), chain(20_000)]
    expect(
      ratio(
        () => readGraphText(large, types),
        () => readGraphText(small, types),
      ),
    ).toBeLessThan(40)
  })

  test('a graph in the API format is refused where it is too large, and put into columns in one walk else', () => {
    const chain = (count: number) =>
      `{${many(count, (i) => `"${count - i}":{"class_type":"ImageInvert","inputs":{"image":["${count - i - 1}",0]}}`)}}`
    expect(refusal(chain(25_000))).toMatch(/25000 nodes/)
    const { graph } = readGraphText(chain(3000), types)
    expect(graph.nodes.get('3000')?.position[0]).toBeGreaterThan(graph.nodes.get('2999')?.position[0] ?? Number.NaN)
    const [small, large] = [chain(1500), chain(15_000)]
    expect(
      ratio(
        () => readGraphText(large, types),
        () => readGraphText(small, types),
      ),
    ).toBeLessThan(40)
  })
})
