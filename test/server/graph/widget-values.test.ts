import { describe, expect, test } from 'vitest'
import type { NodeDescription, ParameterDescription } from '../../../nodes/sdk/description.ts'
import { readGraph } from '../../../server/graph/workflow-to-prompt.ts'

type Kind = ParameterDescription['kind'] | 'PICTURE' | 'FLOAT?'

const number = { default: 0, min: 0, max: 100, step: 1 }
function parameterOf(kind: Kind, i: number): ParameterDescription {
  const name = `p${i}`
  switch (kind) {
    case 'STRING':
      return { name, kind, default: '', multiline: false }
    case 'BOOLEAN':
      return { name, kind, default: false }
    case 'COMBO':
      return { name, kind, options: ['a', 'b', 'fixed'] }
    case 'PICTURE':
      return { name, kind: 'COMBO', options: [], optionsFrom: 'input_images' }
    case 'FLOAT?':
      return { name, kind: 'FLOAT', optional: true, ...number }
    default:
      return { name, kind, ...number }
  }
}

const typeOf = (kinds: readonly Kind[]): NodeDescription => ({
  id: 'Thing',
  title: 'Thing',
  summary: '',
  category: '',
  inputs: [],
  parameters: kinds.map(parameterOf),
  outputs: [],
  outputNode: true,
  listInput: false,
})

/** What a node of these parameters gets of these values; null where it gets the default. */
function read(node: object, id: string, kinds: readonly Kind[], extra: object = {}): unknown[] {
  const type = typeOf(kinds)
  const file = { nodes: [{ id: 1, ...node }], links: [], extra }
  const { inputs } = readGraph(file, new Map([[type.id, type]]))[id]!
  return type.parameters.map((parameter) =>
    inputs[parameter.name] === parameter.default ? null : inputs[parameter.name],
  )
}

describe.each<[string, Kind[], unknown[], unknown[]]>([
  ['one value for each widget', ['INT', 'STRING', 'FLOAT'], [5, 'words', 20], [5, 'words', 20]],
  ['what happens to a number after a run', ['INT', 'FLOAT'], [5, 'randomize', 20], [5, 20]],
  ['that, and the last value is left out', ['INT', 'INT', 'FLOAT'], [5, 'fixed', 20], [5, 20, null]],
  ['that behind the last widget', ['INT'], [5, 'increment'], [5]],
  ['what happens to a choice, and its filter', ['COMBO', 'INT'], ['a', 'fixed', '', 7], ['a', 7]],
  ['those, and the last value is left out', ['COMBO', 'INT', 'FLOAT'], ['a', 'fixed', '', 7], ['a', 7, null]],
  ['what happens to a choice, without a filter', ['COMBO', 'INT'], ['a', 'fixed', 7], ['a', 7]],
  ['no filter, but an empty text', ['COMBO', 'STRING', 'INT'], ['a', 'fixed', '', 7], ['a', null, 7]],
  ['a text that is one of the words', ['INT', 'STRING'], [5, 'fixed'], [5, 'fixed']],
  ['a choice that is one of the words', ['INT', 'COMBO', 'INT'], [5, 'fixed', 7], [5, 'fixed', 7]],
  ['both, the word and a text that is one', ['INT', 'STRING'], [5, 'randomize', 'fixed'], [5, 'fixed']],
  ['the word behind a text is a value', ['STRING', 'STRING'], ['fixed', 'increment'], ['fixed', 'increment']],
  ['the button of a picture', ['PICTURE'], ['p.png', 'image'], ['p.png']],
  ['the button, behind all that must be there', ['PICTURE', 'COMBO'], ['p.png', 'a', 'image'], ['p.png', 'a']],
  [
    'the button before what may be left out',
    ['FLOAT?', 'PICTURE', 'COMBO'],
    ['p.png', 'a', 'image', 7],
    [7, 'p.png', 'a'],
  ],
  ['what may be left out last', ['FLOAT?', 'INT'], [5, 20], [20, 5]],
])('values of widgets with %s', (_, kinds, values, expected) => {
  test('are read of a node', () => {
    expect(read({ type: 'Thing', widgets_values: values }, '1', kinds)).toEqual(expected)
  })

  test('are read of a group of that node', () => {
    const work = { nodes: [{ type: 'Thing', inputs: [], outputs: [] }], links: [], external: [] }
    const node = { type: 'workflow>work', widgets_values: values }
    expect(read(node, '1:0', kinds, { groupNodes: { work } })).toEqual(expected)
  })
})

test('a group reads the values of its nodes one behind the other, each with its own button', () => {
  const thing = { type: 'Thing', inputs: [], outputs: [] }
  const type = typeOf(['PICTURE', 'COMBO'])
  const prompt = readGraph(
    {
      nodes: [{ id: 1, type: 'workflow>two', widgets_values: ['p.png', 'a', 'image', 'q.png', 'b', 'image'] }],
      links: [],
      extra: { groupNodes: { two: { nodes: [thing, thing], links: [], external: [] } } },
    },
    new Map([[type.id, type]]),
  )
  expect([prompt['1:0']?.inputs, prompt['1:1']?.inputs]).toEqual([
    { p0: 'p.png', p1: 'a' },
    { p0: 'q.png', p1: 'b' },
  ])
})
