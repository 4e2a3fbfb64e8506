import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { formOf } from '../../client/document/form.ts'
import { linkInto } from '../../client/document/graph.ts'
import { readGraphText } from '../../client/document/read-file.ts'
import { allTypes as types } from './types.ts'

const folder = join(import.meta.dirname, '../../workflows')
const templates = readdirSync(folder).filter((name) => name.endsWith('.json'))

describe.each(templates)('the template %s', (file) => {
  const { graph } = readGraphText(readFileSync(join(folder, file), 'utf8'), types)
  const { fields, more } = formOf(graph, types)

  // Else a large picture could not be run at any setting of the form.
  test('enlarges only as its form says', () => {
    const isShown = (id: string, name: string) =>
      [...fields, ...more].some(({ node, parameter }) => node === id && parameter.name === name)
    const others = [...graph.nodes.values()].flatMap(({ id, type }) =>
      (types.get(type)?.parameters ?? [])
        .filter(({ name }) => /^scale(_by)?$/.test(name))
        .filter(({ name }) => linkInto(graph, id, name) === undefined && !isShown(id, name))
        .map(({ name }) => `${type}.${name}`),
    )
    expect(others).toEqual([])
  })
})

test('the scale of the product and of its outline is one field, with the range of a scale', () => {
  const { graph } = readGraphText(readFileSync(join(folder, 'restore-product.json'), 'utf8'), types)
  const field = formOf(graph, types).fields.find(({ label }) => label === 'Enlarge')
  expect(field).toMatchObject({ value: 4, parameter: { name: 'value', kind: 'FLOAT', min: 1, max: 8 } })
})
