import { describe, expect, test } from 'vitest'
import { exposables, formOf, pictureFields, toggleInForm } from '../../client/document/form.ts'
import type { Graph } from '../../client/document/graph.ts'
import { readGraphText } from '../../client/document/read-file.ts'
import { allTypes, types } from './types.ts'

const load = (id: number, more: object = {}) => ({ id, type: 'LoadImage', pos: [0, 0], size: [200, 200], ...more })
const shown = (label: string) => ({ properties: { form: { image: label } } })

/** The labels of the picture fields of a form, in their order. */
function pictures(...nodes: readonly object[]): string[] {
  const { graph } = readGraphText(JSON.stringify({ nodes, links: [] }), types)
  return pictureFields(formOf(graph, types)).map(({ node, label }) => `${label} of ${node}`)
}

test('pictures go to what the form shows, whatever else the graph loads', () => {
  expect(pictures(load(1), load(2, shown('Photograph')), load(3, shown('Mask')))).toEqual([
    'Photograph of 2',
    'Mask of 3',
  ])
})

test('pictures go to no node that does not run', () => {
  expect(pictures(load(1, { mode: 2 }), load(2, { mode: 4 }), load(3))).toEqual(['Image of 3'])
})

test('a form that shows only other settings takes no picture', () => {
  expect(pictures(load(1), { ...load(2), type: 'ImageScaleBy', properties: { form: { scale_by: 'Size' } } })).toEqual(
    [],
  )
})

test('what a person can set on a picture says so, unless a link feeds a part of it', () => {
  const crop = (width: number | null) => ({
    id: 2,
    type: 'ImageCrop',
    pos: [0, 0],
    size: [200, 200],
    inputs: [{ name: 'width', type: 'INT', link: width, widget: { name: 'width' } }],
  })
  const size = { id: 3, type: 'PrimitiveInt', pos: [0, 0], size: [200, 100], outputs: [{ name: 'INT', type: 'INT' }] }
  const drawn = (node: object, links: readonly unknown[]) => {
    const { graph } = readGraphText(JSON.stringify({ nodes: [node, size], links }), allTypes)
    const { fields, more } = formOf(graph, allTypes)
    return [...fields, ...more].filter(({ isDrawn }) => isDrawn).map(({ parameter }) => parameter.name)
  }
  expect(drawn(crop(null), [])).toEqual(['width'])
  expect(drawn(crop(1), [[1, 3, 0, 2, 0, 'INT']])).toEqual([])
})

describe('a rectangle', () => {
  const crop = (form?: object, params: object = { width: 30, height: 20, x: 4, y: 3 }) => {
    const node = { id: 2, type: 'ImageCrop', pos: [0, 0], size: [200, 200] }
    const json = { nodes: [{ ...node, properties: { params, ...(form && { form }) } }], links: [] }
    return readGraphText(JSON.stringify(json), allTypes).graph
  }
  const fieldsOf = (graph: Graph) => {
    const { fields, more } = formOf(graph, allTypes)
    return [...fields, ...more].map(({ parameter, label, rectangle }) => [parameter.name, label, rectangle?.cut])
  }
  const cut = { x: 4, y: 3, width: 30, height: 20 }

  test('is one field, called as the form calls one of its sides, else as its node', () => {
    expect(fieldsOf(crop())).toEqual([['width', 'Crop Image', cut]])
    expect(fieldsOf(crop({ y: 'Cut off' }))).toEqual([['y', 'Cut off', cut]])
    expect(fieldsOf(crop({ width: 'Width', x: 'Left edge', y: 'Y' }))).toEqual([['x', 'Left edge', cut]])
    expect(fieldsOf(crop({ width: 'Width' }))).toEqual([['width', 'Crop Image', cut]])
  })

  test('that leaves the picture whole says so', () => {
    expect(fieldsOf(crop({}, { width: 16384, height: 16384, x: 0, y: 0 }))[0]?.[2]).toBeUndefined()
    expect(fieldsOf(crop({}, { width: 16384, height: 16384, x: 1, y: 0 }))[0]?.[2]).toMatchObject({ x: 1 })
  })

  test('is shown by one item of the menu, and is no longer shown by any of its sides then', () => {
    const toggled = (graph: Graph) => {
      const [one] = exposables(graph, graph.nodes.get('2')!, allTypes)
      const [change] = toggleInForm(graph, '2', one!)
      return [one?.label, change?.kind === 'change-node' ? change.after.form : null]
    }
    expect(toggled(crop())).toEqual(['Crop Image', { width: 'Crop Image' }])
    expect(toggled(crop({ width: 'Width', y: 'Y' }))).toEqual(['Crop Image', undefined])
  })
})
