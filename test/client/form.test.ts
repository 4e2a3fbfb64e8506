import { expect, test } from 'vitest'
import { formOf, pictureFields } from '../../client/document/form.ts'
import { readGraphText } from '../../client/document/read-file.ts'
import { types } from './types.ts'

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
