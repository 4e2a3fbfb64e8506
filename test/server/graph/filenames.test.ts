import { describe, expect, test } from 'vitest'
import { fillFilename } from '../../../server/graph/filenames.ts'
import { parseWorkflow } from '../../../server/graph/workflow.ts'
import { readGraph, workflowToPrompt } from '../../../server/graph/workflow-to-prompt.ts'
import { catalogue, smallPrompt } from './sample-catalogue.ts'

const now = new Date(2026, 2, 5, 14, 7, 9)
const fill = (prefix: string, values: Record<string, unknown> = {}) =>
  fillFilename(prefix, (node, field) => values[`${node}.${field}`], now)

describe('in the name of a file', () => {
  test.each([
    ['%date:yyyy-MM-dd%/photo', '2026-03-05/photo'],
    ['%date:yy%', '26'],
    ['%date:d.M. h.m.s%', '5.3. 14.7.9'],
    ['%date:hhmmss%', '140709'],
    ['%date:yyyyMMdd%-%date:hh%', '20260305-14'],
    ['%date:%', ''],
  ])('%s is %s', (prefix, name) => expect(fill(prefix)).toBe(name))

  test('a field of a node has its value, without what a name must not have', () => {
    expect(fill('%LoadImage.image%_x%Scale.by%', { 'LoadImage.image': 'old/photo.png', 'Scale.by': 2.5 })).toBe(
      'old_photo.png_x2.5',
    )
    expect(fill('%a.b%', { 'a.b': 'a/b?c<d>e\\f:g*h|i"j\0k\u{1f}l\u{7f}' })).toBe('a_b_c_d_e_f_g_h_i_j_k_l_')
    expect(fill('%a.b%', { 'a.b': false })).toBe('false')
  })

  test('of a file its name alone can be had, without folder and extension', () => {
    const stem = (image: string) => fill('%LoadImage.image.stem% restored', { 'LoadImage.image': image })
    expect(stem('Opa Müller, Hochzeit 1953 (Kopie).jpg')).toBe('Opa Müller, Hochzeit 1953 (Kopie) restored')
    expect(stem('old/scan.2.tiff [output]')).toBe('scan.2 restored')
    expect(stem('.jpg')).toBe('.jpg restored')
  })

  test('everything else stays as it is, for the host and for the reader', () => {
    for (const prefix of [
      '%width%x%height%',
      '%year%/%month%',
      '%Nobody.image%',
      '%a.b.c%',
      '%a.b.stem.c%',
      '100 %',
      '%%',
      'plain',
    ]) {
      expect(fill(prefix, {})).toBe(prefix)
    }
  })

  test('no value makes it longer than a path can be', () => {
    expect(fill('%a.b%', { 'a.b': 'x'.repeat(1e6) }).length).toBeLessThan(256)
    // What is cut between the halves of a character leaves none of them.
    expect(fill('%a.b%', { 'a.b': `${'x'.repeat(254)}🖼` })).toBe(`${'x'.repeat(254)}_`)
    for (const endless of ['%a.b%'.repeat(1e5), '%a.b%'.repeat(100)]) {
      expect(fill(endless, { 'a.b': 'x'.repeat(100) })).toBe(endless)
    }
  })
})

describe('a workflow file', () => {
  const file = (prefix: string, more: object = {}) => ({
    nodes: [
      {
        id: 1,
        type: 'LoadImage',
        properties: { 'Node name for S&R': 'LoadImage' },
        widgets_values: ['a/b.jpg', 'image'],
      },
      {
        id: 2,
        type: 'ImageScaleBy',
        title: 'Enlarge',
        inputs: [{ name: 'image', type: 'IMAGE', link: 1 }],
        properties: { 'Node name for S&R': 'Scaler' },
        widgets_values: ['bicubic', 4],
      },
      { id: 3, type: 'SaveImage', inputs: [{ name: 'images', type: 'IMAGE', link: 2 }], widgets_values: [prefix] },
    ],
    links: [
      [1, 1, 0, 2, 0, 'IMAGE'],
      [2, 2, 0, 3, 0, 'IMAGE'],
    ],
    ...more,
  })
  const prefixOf = (json: unknown, settings: readonly string[] = []) =>
    readGraph(json, catalogue, settings, now)['3']!.inputs.filename_prefix

  test('has names filled in by what nodes are called in it, or by their titles', () => {
    expect(prefixOf(file('%date:yyyy%/%LoadImage.image%_x%Scaler.scale_by%'))).toBe('2026/a_b.jpg_x4')
    expect(prefixOf(file('%Enlarge.scale_by%-%Load Image.image%'))).toBe('4-a_b.jpg')
    expect(prefixOf(file('%ImageScaleBy.scale_by%'))).toBe('%ImageScaleBy.scale_by%')
  })

  test('has names with what settings say', () => {
    expect(prefixOf(file('%LoadImage.image%'), ['LoadImage.image=c.jpg'])).toBe('c.jpg')
    expect(prefixOf(file('x'), ['SaveImage.filename_prefix=%LoadImage.image%'])).toBe('a_b.jpg')
  })

  test('may name nodes inside of a subgraph, and is filled in there', () => {
    const { nodes, links } = file('%Scaler.scale_by%x-%LoadImage.image%')
    const json = {
      nodes: [
        nodes[0],
        { id: 9, type: 'inside', inputs: [{ name: 'picture', type: 'IMAGE', link: 1 }] },
        { id: 4, type: 'SaveImage', widgets_values: ['%Scaler.upscale_method%'] },
      ],
      links: [[1, 1, 0, 9, 0, 'IMAGE']],
      definitions: {
        subgraphs: [
          {
            id: 'inside',
            inputs: [{ name: 'picture', type: 'IMAGE' }],
            nodes: nodes.slice(1),
            links: [[1, -10, 0, 2, 0, 'IMAGE'], links[1]],
          },
        ],
      },
    }
    expect(workflowToPrompt(parseWorkflow(json), catalogue, now)).toMatchObject({
      '9:3': { inputs: { filename_prefix: '4x-a_b.jpg' } },
      '4': { inputs: { filename_prefix: 'bicubic' } },
    })
  })

  test('is read in a moment, however many names ask a node for one of its many fields', () => {
    const named = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`f${i}`, i % 10]))
    const json = {
      nodes: [
        { id: 1, type: 'Unknown', title: 'a', widgets_values_named: named },
        ...Array.from({ length: 20 }, (_, i) => ({
          id: i + 2,
          type: 'SaveImage',
          widgets_values: ['%a.f1%'.repeat(10)],
        })),
      ],
      links: [],
    }
    const before = performance.now()
    expect(prefixOf(json)).toBe('1'.repeat(10))
    expect(performance.now() - before).toBeLessThan(3000)
  })

  test('only has names of nodes that save filled in', () => {
    const json = file('x')
    json.nodes[0]!.widgets_values = ['%date:yyyy%.jpg', 'image']
    expect(readGraph(json, catalogue, [], now)['1']!.inputs.image).toBe('%date:yyyy%.jpg')
  })

  test('in the API format stays as it is', () => {
    const prompt = smallPrompt()
    prompt['3'].inputs.filename_prefix = '%date:yyyy%/%LoadImage.image%'
    expect(readGraph(prompt, catalogue, [], now)).toEqual(prompt)
  })
})
