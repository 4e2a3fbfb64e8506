import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { formOf, pictureFields } from '../../client/document/form.ts'
import { linkInto } from '../../client/document/graph.ts'
import { readGraphText } from '../../client/document/read-file.ts'
import { writePrompt } from '../../client/document/write-workflow.ts'
import { validatePrompt } from '../../server/graph/validate.ts'
import { allTypes as types } from './types.ts'

const folder = join(import.meta.dirname, '../../workflows')
const photographs = readdirSync(join(folder, 'photographs'))
/** Nodes that say something of every picture, and what a line of it takes below them. */
const TALKING = ['GenDRRestore', 'ImageAutoLevels', 'ImageCropToContent', 'ImageDenoise', 'ImageWhiteBalance']
const LINE = 8 + 17 + 16
const templates = readdirSync(folder).filter((name) => name.endsWith('.json'))

describe.each(templates)('the template %s', (file) => {
  const { graph, problems } = readGraphText(readFileSync(join(folder, file), 'utf8'), types)
  const { fields, more } = formOf(graph, types)

  test('opens without a word, and could run as it is', () => {
    expect(problems).toEqual([])
    const models = { gendr_models: ['gendr-nano'], gendr_settings: [], upscale_models: [], iqa_models: [] }
    const checked = validatePrompt(writePrompt(graph, types), types, { input_images: photographs, ...models })
    expect(checked).toMatchObject({ ok: true, nodeErrors: {} })
  })

  test('has a form that begins with its picture, which is shipped', () => {
    const [field] = pictureFields({ fields, more })
    expect(photographs).toContain(field?.value)
  })

  test('lays no node over another, nor over what that says in every run', () => {
    const nodes = [...graph.nodes.values()].map(({ type, position: [x, y], size: [width, height] }) => ({
      left: x,
      top: y - 30,
      right: x + width,
      bottom: y + height + (TALKING.includes(type) ? LINE : 0),
    }))
    const covered = nodes.filter((a) =>
      nodes.some((b) => a !== b && a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom),
    )
    expect(covered).toEqual([])
  })

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

test.each(templates.filter((name) => name.startsWith('restore-')))('%s keeps what its photograph says', (file) => {
  const { graph } = readGraphText(readFileSync(join(folder, file), 'utf8'), types)
  const saving = [...graph.nodes.values()].filter(({ type }) => /^SaveImage/.test(type))
  expect(saving.map(({ type, params }) => [type, params.format, params.metadata])).toEqual([
    ['SaveImageAs', 'png', 'all'],
  ])
})

test('the scale of the product and of its outline is one field, with the range of a scale', () => {
  const { graph } = readGraphText(readFileSync(join(folder, 'restore-product.json'), 'utf8'), types)
  const field = formOf(graph, types).fields.find(({ label }) => label === 'Enlarge')
  expect(field).toMatchObject({ value: 4, parameter: { name: 'value', kind: 'FLOAT', min: 1, max: 8 } })
})

test('a damaged photograph is mended before it is restored, by what its form has', () => {
  const { graph } = readGraphText(readFileSync(join(folder, 'restore-damaged-photo.json'), 'utf8'), types)
  const labels = formOf(graph, types).fields.map(({ label }) => label)
  expect(labels.slice(0, 9)).toEqual([
    'Photograph',
    'Straighten',
    'Crop',
    'Scratches',
    'Scratches are',
    'Widest scratch (0: automatic)',
    'Dust',
    'Take the yellow away',
    'Bring the contrast back',
  ])
  const typeOf = (id: string) => graph.nodes.get(id)?.type ?? ''
  const links = [...graph.links.values()].map(({ from, to }) => `${typeOf(from)} > ${typeOf(to)}`)
  const mending = ['ImageStraighten', 'ImageCrop', 'ImageRemoveScratches', 'ImageDustAndScratches']
  const order = ['LoadImage', ...mending, 'ImageWhiteBalance', 'ImageAutoLevels']
  for (const [i, type] of [...order, 'GenDRRestore'].slice(1).entries())
    expect(links).toContain(`${order[i]} > ${type}`)
})
