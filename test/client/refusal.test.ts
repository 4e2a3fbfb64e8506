import { expect, test } from 'vitest'
import { readWorkflow } from '../../client/document/read-workflow.ts'
import { orderOf } from '../../client/host/order.ts'
import { readRefusal } from '../../client/host/refusal.ts'
import { savedWorkflow, types } from './types.ts'

/** What the host says where inputs get nothing. */
const missing = (nodes: Readonly<Record<string, readonly [type: string, input: string]>>) => ({
  error: { message: 'Prompt outputs failed validation', extra_info: {} },
  node_errors: Object.fromEntries(
    Object.entries(nodes).map(([id, [class_type, details]]) => [
      id,
      {
        class_type,
        errors: [
          {
            type: 'required_input_missing',
            message: 'Required input is missing',
            details,
            extra_info: { input_name: details },
          },
        ],
      },
    ]),
  ),
})
const refusal = (body: unknown, change: (file: ReturnType<typeof savedWorkflow>) => unknown) => {
  const { graph } = readWorkflow(change(savedWorkflow()), types)
  return readRefusal(body, orderOf(graph, types).drawn)
}

test('a refusal calls nodes what stands on them', () => {
  const body = missing({ '2': ['ImageScaleBy', 'image'], '3': ['SaveImage', 'images'], '9': ['Noise', 'image'] })
  expect(refusal(body, (file) => ({ ...file, links: [] })).remedy.split('\n')).toEqual([
    'Twice as large: ‘image’ is not connected. Draw a link to it.',
    'Save Image: ‘images’ is not connected. Draw a link to it.',
    'Noise: ‘image’ is not connected. Draw a link to it.',
  ])
})

test('a refusal finds the nodes in subgraphs', () => {
  const inside = { ...savedWorkflow(), id: 'inside', name: 'Inside', inputs: [], outputs: [], links: [] }
  const body = missing({ '7:2': ['ImageScaleBy', 'image'] })
  const outside = (file: object) => ({
    ...file,
    nodes: [{ id: 7, type: 'inside', pos: [0, 0], size: [100, 100] }],
    links: [],
    definitions: { subgraphs: [inside] },
  })
  expect(refusal(body, outside).remedy).toMatch(/^Twice as large: /)
})

test.each([
  [2, '‘images’ gets nothing: Twice as large, which feeds it, is muted.'],
  [4, '‘images’ gets nothing: Twice as large, which feeds it, is bypassed and hands nothing on.'],
  [0, '‘images’ gets nothing from Twice as large, which feeds it.'],
])('a refusal asks for no link where there is one, from a node of mode %i', (mode, said) => {
  const body = missing({ '3': ['SaveImage', 'images'] })
  const changed = (file: ReturnType<typeof savedWorkflow>) => ({
    ...file,
    nodes: file.nodes.map((node) => (node.id === 2 ? { ...node, mode } : node)),
  })
  expect(refusal(body, changed).nodes.get('3')).toBe(said)
})

test.each([
  [
    'is behind reroutes',
    [[3, 2, 0, 4, 0, 'IMAGE']],
    '‘images’ gets nothing: Twice as large, which feeds it, is muted.',
  ],
  ['is a reroute that nothing feeds', [], '‘images’ is not connected. Draw a link to it.'],
])('a refusal sees what %s', (_name, into, said) => {
  const body = missing({ '3': ['SaveImage', 'images'] })
  const reroute = (id: number, link: number | null, out: number) => ({
    id,
    type: 'Reroute',
    pos: [0, 0],
    size: [75, 26],
    mode: 0,
    inputs: [{ name: '', type: '*', link }],
    outputs: [{ name: '', type: '*', links: [out] }],
  })
  const changed = (file: ReturnType<typeof savedWorkflow>) => ({
    ...file,
    nodes: [
      ...file.nodes.map((node) => (node.id === 2 ? { ...node, mode: 2 } : node)),
      reroute(4, into.length > 0 ? 3 : null, 4),
      reroute(5, 4, 2),
    ],
    links: [[1, 1, 0, 2, 0, 'IMAGE'], ...into, [4, 4, 0, 5, 0, 'IMAGE'], [2, 5, 0, 3, 0, 'IMAGE']],
  })
  expect(refusal(body, changed).nodes.get('3')).toBe(said)
})

test('a refusal says what was chosen that the host does not have, and how to come to it', () => {
  const problem = {
    type: 'value_not_in_list',
    message: 'Value not in list',
    details: "model_name: 'gendr-large' not in ['gendr-nano']",
    extra_info: {
      input_name: 'model_name',
      received_value: 'gendr-large',
      remedy: 'Choose one of: gendr-nano. Bring others with gendr import.',
    },
  }
  const refused = readRefusal({
    error: { type: 'prompt_outputs_failed_validation', message: 'Prompt outputs failed validation' },
    node_errors: { '1': { class_type: 'GenDRModelLoader', errors: [problem] } },
  })
  expect(refused.message).toBe('This graph cannot run yet.')
  expect(refused.nodes.get('1')).toBe(
    '‘model name’ is ‘gendr-large’, which this host does not have. Choose one of: gendr-nano. Bring others with gendr import.',
  )
})

test('a refusal of a number says which would do', () => {
  const problem = {
    type: 'value_bigger_than_max',
    message: 'Value 9.0 bigger than max of 8.0',
    details: 'scale_by',
    extra_info: { input_name: 'scale_by', received_value: 9, remedy: 'Choose a value from 0.01 to 8.0.' },
  }
  expect(readRefusal({ node_errors: { '2': { errors: [problem] } } }).nodes.get('2')).toBe(
    '‘scale by’: Value 9.0 bigger than max of 8.0. Choose a value from 0.01 to 8.0.',
  )
})
