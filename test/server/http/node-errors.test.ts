import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FakeHost, post, startFakeHost } from '../runs/fake-host.ts'

/** Why POST /prompt refuses a graph, in ComfyUI's words (execution.py, validate_inputs). */

let host: FakeHost
beforeAll(async () => {
  host = await startFakeHost()
  await host.ready()
})
afterAll(() => host.stop())

const good = { image: ['source', 0], count: 2, scale: 1.5, few: 'area', many: 'choice 3' }
const graph = (inputs: Record<string, unknown>) => ({
  source: { class_type: 'Fake', inputs: { behaviour: 'succeed' } },
  typed: { class_type: 'Typed', inputs },
  out: { class_type: 'Fake', inputs: { image: ['typed', 0], behaviour: 'succeed' } },
})
const only = { partial_execution_targets: ['out'] }

describe.each<[string, Record<string, unknown>, object]>([
  [
    'a required input that is missing',
    { image: undefined },
    {
      type: 'required_input_missing',
      message: 'Required input is missing',
      details: 'image',
      extra_info: { input_name: 'image' },
    },
  ],
  [
    'an array that is no link',
    { image: ['source', 0, 1] },
    {
      type: 'bad_linked_input',
      message: 'Bad linked input, must be a length-2 list of [node_id, slot_index]',
      details: 'image',
      extra_info: { input_name: 'image', input_config: ['IMAGE', {}], received_value: ['source', 0, 1] },
    },
  ],
  [
    'a number that is none',
    { scale: 'abc' },
    {
      type: 'invalid_input_type',
      message: 'Failed to convert an input value to a FLOAT value',
      details: expect.stringMatching(/^scale, abc, /),
      extra_info: {
        input_name: 'scale',
        input_config: ['FLOAT', expect.objectContaining({ min: 0.01, max: 8 })],
        received_value: 'abc',
        exception_message: expect.any(String),
      },
    },
  ],
  [
    'a number that is too small',
    { scale: 0 },
    {
      type: 'value_smaller_than_min',
      message: 'Value 0.0 smaller than min of 0.01',
      details: 'scale',
      extra_info: { input_name: 'scale', input_config: ['FLOAT', expect.anything()], received_value: 0 },
    },
  ],
  [
    'a number that is too big',
    { count: 11 },
    {
      type: 'value_bigger_than_max',
      message: 'Value 11 bigger than max of 10',
      details: 'count',
      extra_info: { input_name: 'count', received_value: 11 },
    },
  ],
  [
    'a choice that is not there',
    { few: 'magic' },
    {
      type: 'value_not_in_list',
      message: 'Value not in list',
      details: "few: 'magic' not in ['nearest', 'area']",
      extra_info: {
        input_name: 'few',
        input_config: [['nearest', 'area'], expect.anything()],
        received_value: 'magic',
      },
    },
  ],
  [
    'one of many choices that is not there',
    { many: 'magic' },
    {
      type: 'value_not_in_list',
      details: "many: 'magic' not in (list of length 25)",
      extra_info: { input_name: 'many', input_config: null, received_value: 'magic' },
    },
  ],
  [
    'a link to a node that is not there',
    { image: ['nobody', 0] },
    {
      type: 'exception_during_inner_validation',
      extra_info: {
        input_name: 'image',
        input_config: ['IMAGE', {}],
        exception_message: expect.any(String),
        exception_type: expect.any(String),
        traceback: expect.any(Array),
        linked_node: ['nobody', 0],
      },
    },
  ],
  [
    'an output that is not there',
    { image: ['source', 9] },
    { type: 'exception_during_inner_validation', extra_info: { linked_node: ['source', 9] } },
  ],
  [
    'a link by number',
    { image: [1, 0] },
    { type: 'exception_during_inner_validation', extra_info: { linked_node: [1, 0] } },
  ],
])('%s', (_name, inputs, error) => {
  test('is named with its node and the outputs that depend on it', async () => {
    for (const path of ['/prompt', '/api/prompt']) {
      expect(await post(host, path, { prompt: graph({ ...good, ...inputs }), ...only })).toMatchObject({
        status: 400,
        body: {
          // The output has no error of its own.
          error: {
            type: 'prompt_outputs_failed_validation',
            message: 'Prompt outputs failed validation',
            details: '',
            extra_info: {},
          },
          node_errors: { typed: { errors: [error], dependent_outputs: ['out'], class_type: 'Typed' } },
        },
      })
    }
  })

  test('does not keep another output from running', async () => {
    const { status, body } = await post(host, '/prompt', { prompt: graph({ ...good, ...inputs }) })
    expect(status).toBe(200)
    expect(body).toMatchObject({ prompt_id: expect.any(String), node_errors: { typed: { errors: [error] } } })
  })
})

test('a link of another type is named with both types', async () => {
  const prompt = graph(good)
  prompt.out.inputs.image = ['typed', 1]
  expect(await post(host, '/prompt', { prompt, ...only })).toMatchObject({
    status: 400,
    body: {
      error: { details: 'image, received_type(MASK) mismatch input_type(IMAGE)' },
      node_errors: {
        out: {
          errors: [
            {
              type: 'return_type_mismatch',
              message: 'Return type mismatch between linked nodes',
              details: 'image, received_type(MASK) mismatch input_type(IMAGE)',
              extra_info: {
                input_name: 'image',
                input_config: ['IMAGE', {}],
                received_type: 'MASK',
                linked_node: ['typed', 1],
              },
            },
          ],
        },
      },
    },
  })
})

test('an output that holds a broken link is an exception of its own', async () => {
  const prompt = { out: { class_type: 'Fake', inputs: { image: ['nobody', 0], behaviour: 'succeed' } } }
  expect(await post(host, '/prompt', { prompt })).toMatchObject({
    status: 400,
    body: { node_errors: { out: { errors: [{ type: 'exception_during_validation' }] } } },
  })
})

test('a picture that is not there is named', async () => {
  const prompt = {
    load: { class_type: 'LoadImage', inputs: { image: 'none.png' } },
    out: { class_type: 'Fake', inputs: { image: ['load', 0], behaviour: 'succeed' } },
  }
  expect(await post(host, '/prompt', { prompt })).toMatchObject({
    status: 400,
    body: {
      node_errors: {
        load: {
          errors: [
            {
              type: 'custom_validation_failed',
              message: 'Custom validation failed for node',
              details: 'image - Invalid image file: none.png',
              extra_info: { input_name: 'image' },
            },
          ],
        },
      },
    },
  })
})

test('a cycle is named, node by node', async () => {
  const prompt = graph(good)
  const source: Record<string, unknown> = prompt.source.inputs
  source.image = ['typed', 0]
  const { status, body } = await post(host, '/prompt', { prompt, ...only })
  expect(status).toBe(400)
  const [error] = Object.values(body.node_errors as Record<string, { errors: object[] }>)[0]!.errors
  expect(error).toMatchObject({ type: 'dependency_cycle', details: expect.stringContaining(' -> ') })
})

test.each<[string, unknown, object]>([
  ['nothing', {}, { type: 'no_prompt', message: 'No prompt provided' }],
  [
    'a node of no class',
    { prompt: { 1: { inputs: {} } } },
    {
      type: 'invalid_prompt',
      message: 'Cannot execute because a node is missing the class_type property.',
      details: "Node ID '#1'",
    },
  ],
  [
    'an unknown class',
    { prompt: { 1: { class_type: 'Nope', inputs: {} } } },
    { type: 'invalid_prompt', message: 'Cannot execute because node Nope does not exist.', details: "Node ID '#1'" },
  ],
  ['no output', { prompt: {} }, { type: 'prompt_no_outputs', message: 'Prompt has no outputs' }],
  [
    'targets that are no outputs',
    { prompt: graph(good), partial_execution_targets: ['typed'] },
    { type: 'prompt_no_outputs' },
  ],
])('%s is refused as a whole', async (_name, body, error) => {
  expect(await post(host, '/prompt', body)).toMatchObject({ status: 400, body: { error, node_errors: {} } })
})

test('what can be read as the right type is taken as that', async () => {
  const prompt = graph({ ...good, count: '3', scale: '1.25', on: 'false', few: { __value__: 'nearest' }, words: 7 })
  expect(await post(host, '/prompt', { prompt })).toMatchObject({ status: 200, body: { node_errors: {} } })
  expect((await post(host, '/prompt', { prompt: graph({ ...good, unknown: 1 }) })).body.node_errors).toEqual({})
})
