import { describe, expect, test } from 'vitest'
import { catalogueOf } from '../../../server/graph/catalogue.ts'
import { validatePrompt } from '../../../server/graph/validate.ts'
import { bench } from '../runner/runs.ts'
import { specialNodes } from '../runner/special-nodes.ts'
import { catalogue, chainPrompt, choices, smallPrompt } from './sample-catalogue.ts'

const check = (prompt: unknown, targets?: string[]) => validatePrompt(prompt, catalogue, choices, targets)

function errorOf(prompt: unknown, node: string) {
  const result = check(prompt)
  expect(result.ok).toBe(false)
  return result.nodeErrors[node]?.errors[0]
}

describe('a prompt is checked as ComfyUI checks it', () => {
  test('a valid graph passes and its constants are coerced', () => {
    const prompt = smallPrompt()
    prompt['2'].inputs.scale_by = '1.25'
    const result = check(prompt)
    expect(result).toMatchObject({ ok: true, outputs: ['3'], nodeErrors: {} })
    expect(result.ok && result.prompt['2']?.inputs.scale_by).toBe(1.25)
  })

  test('a socket for a number takes a constant, one for a picture only a link', () => {
    const { catalogue } = bench(specialNodes([]))
    const prompt = (value: unknown) => ({
      n: { class_type: 'Number', inputs: { value: 1 } },
      add: { class_type: 'Add', inputs: { a: ['n', 0], b: value } },
      show: { class_type: 'Show', inputs: { value: ['add', 0] } },
    })
    const result = validatePrompt(prompt('7'), catalogue, choices)
    expect(result.ok && result.prompt.add!.inputs.b).toBe(7)
    expect(validatePrompt(prompt('x'), catalogue, choices).nodeErrors).toMatchObject({
      add: {
        errors: [{ type: 'invalid_input_type', extra_info: { input_config: ['INT', { forceInput: true }] } }],
      },
    })
    expect(errorOf({ ...smallPrompt(), '3': { ...smallPrompt()['3'], inputs: { images: 7 } } }, '3')?.type).toBe(
      'bad_linked_input',
    )
  })

  test('an unknown class names the node, the class and the remedy', () => {
    const result = check({ ...smallPrompt(), '9': { class_type: 'Nope', inputs: {} } })
    expect(result).toMatchObject({
      ok: false,
      nodeErrors: {},
      error: {
        type: 'invalid_prompt',
        message: 'Cannot execute because node Nope does not exist.',
        details: "Node ID '#9'",
        extra_info: { node_id: '9', class_type: 'Nope' },
      },
    })
  })

  test('a graph without an output node is refused', () => {
    expect(check({ '1': smallPrompt()['1'] })).toMatchObject({ ok: false, error: { type: 'prompt_no_outputs' } })
    expect(check({})).toMatchObject({ ok: false, error: { type: 'prompt_no_outputs' } })
    expect(check(smallPrompt(), ['1'])).toMatchObject({ ok: false, error: { type: 'prompt_no_outputs' } })
  })

  test.each([
    ['a list', []],
    ['a number', 7],
    ['null', null],
    ['a node that is text', { '1': 'LoadImage' }],
  ])('%s is no prompt', (_name, prompt) => {
    expect(check(prompt).ok).toBe(false)
  })

  test.each([
    ['a missing input', { images: undefined }, 'required_input_missing'],
    ['a list of three', { images: ['2', 0, 1] }, 'bad_linked_input'],
    ['a mask where an image belongs', { images: ['1', 1] }, 'return_type_mismatch'],
    ['a link to an absent node', { images: ['77', 0] }, 'exception_during_validation'],
    ['a link to an absent output', { images: ['2', 5] }, 'exception_during_validation'],
    ['a numeric node id', { images: [2, 0] }, 'exception_during_validation'],
  ])('%s is reported on the node', (_name, inputs, type) => {
    const prompt = smallPrompt()
    Object.assign(prompt['3'].inputs, inputs)
    if (prompt['3'].inputs.images === undefined) delete prompt['3'].inputs.images
    const error = errorOf(prompt, '3')
    expect(error?.type).toBe(type)
    expect(error?.extra_info.input_name).toBe('images')
    expect(String(error?.extra_info.remedy)).toMatch(/\w/)
  })

  test.each([
    ['below the minimum', 'scale_by', 0, 'value_smaller_than_min', 'Value 0.0 smaller than min of 0.01'],
    ['above the maximum', 'scale_by', 9, 'value_bigger_than_max', 'Value 9.0 bigger than max of 8.0'],
    ['no number', 'scale_by', 'abc', 'invalid_input_type', 'Failed to convert an input value to a FLOAT value'],
    ['not in the list', 'upscale_method', 'magic', 'value_not_in_list', 'Value not in list'],
  ])('a value %s is reported', (_name, input, value, type, message) => {
    const prompt = smallPrompt()
    prompt['2'].inputs[input] = value
    expect(errorOf(prompt, '2')).toMatchObject({ type, message, extra_info: { received_value: value } })
  })

  test('an upscaler may be named by its file, as ComfyUI names it, and goes by its own name from then on', () => {
    const loader = { ...catalogue.get('SaveImage')!, id: 'UpscaleModelLoader', inputs: [] }
    const parameter = { name: 'model_name', kind: 'COMBO', options: [], optionsFrom: 'upscale_models' } as const
    const nodes = catalogueOf([{ ...loader, parameters: [parameter] }])
    const checked = (model_name: string) =>
      validatePrompt({ up: { class_type: 'UpscaleModelLoader', inputs: { model_name } } }, nodes, {
        ...choices,
        upscale_models: ['RealESRGAN_x4plus'],
      })
    for (const name of ['RealESRGAN_x4plus', 'RealESRGAN_x4plus.pth', 'ESRGAN\\RealESRGAN_x4plus.pth']) {
      const result = checked(name)
      expect(result.ok && result.prompt.up!.inputs).toEqual({ model_name: 'RealESRGAN_x4plus' })
    }
    // One that is no upscaler is not meant.
    expect(checked('gendr-nano.pth').nodeErrors.up?.errors).toMatchObject([
      { type: 'value_not_in_list', extra_info: { received_value: 'gendr-nano.pth' } },
    ])
  })

  test('a picture that does not exist is named', () => {
    const prompt = smallPrompt()
    prompt['1'].inputs.image = 'none.png'
    expect(errorOf(prompt, '1')?.details).toBe('image - Invalid image file: none.png')
  })

  test('a cycle is named node by node', () => {
    const prompt = smallPrompt()
    const result = check({
      ...prompt,
      '2': { ...prompt['2'], inputs: { ...prompt['2'].inputs, image: ['4', 0] } },
      '4': { class_type: 'ImageInvert', inputs: { image: ['2', 0] } },
    })
    expect(result.ok).toBe(false)
    const [error] = Object.values(result.nodeErrors).flatMap((node) => node.errors)
    expect(error).toMatchObject({ type: 'dependency_cycle' })
    expect(error?.details).toBe('2 (ImageScaleBy) -> 4 (ImageInvert) -> 2 (ImageScaleBy)')
  })

  test('a bad output is dropped while another one can run', () => {
    const result = check({ ...smallPrompt(), '5': { class_type: 'SaveImage', inputs: { filename_prefix: 'y' } } })
    expect(result).toMatchObject({ ok: true, outputs: ['3'] })
    expect(result.nodeErrors['5']).toMatchObject({ class_type: 'SaveImage', dependent_outputs: ['5'] })
  })

  test('an error upstream names the outputs that depend on it', () => {
    const prompt = smallPrompt()
    prompt['2'].inputs.scale_by = 99
    expect(check(prompt).nodeErrors['2']?.dependent_outputs).toEqual(['3'])
  })

  test('thousands of outputs on one fault, and thousands of cycles, are soon answered, and briefly', () => {
    const count = 3000
    const chain: Record<string, unknown> = { c0: { class_type: 'LoadImage', inputs: { image: 'none.png' } } }
    for (let i = 1; i <= count; i++) {
      chain[`c${i}`] = { class_type: 'ImageInvert', inputs: { image: [`c${i - 1}`, 0] } }
      chain[`o${i}`] = { class_type: 'SaveImage', inputs: { images: [`c${count}`, 0], filename_prefix: 'x' } }
    }
    const ring: Record<string, unknown> = {
      o: { class_type: 'SaveImage', inputs: { images: ['n0', 0], filename_prefix: 'x' } },
    }
    for (let i = 0; i < count; i++)
      ring[`n${i}`] = {
        class_type: 'ImageBatch',
        inputs: { image1: [`n${(i + 1) % count}`, 0], image2: [`n${(7 * i + 3) % count}`, 0] },
      }
    const start = performance.now()
    expect(check(chain).nodeErrors.c0?.dependent_outputs).toHaveLength(count)
    const answer = JSON.stringify(check(ring).nodeErrors)
    // Some hundred milliseconds; a walk for each output took half a minute.
    expect(performance.now() - start).toBeLessThan(5000)
    expect(answer).toMatch(/dependency_cycle/)
    expect(answer.length).toBeLessThan(1_000_000)
  })

  test('nodes that no output reaches are not checked', () => {
    expect(check({ ...smallPrompt(), '8': { class_type: 'ImageInvert', inputs: {} } }).ok).toBe(true)
  })

  test('a chain of 10,000 nodes passes', () => {
    expect(check(chainPrompt(10_000)).ok).toBe(true)
  })
})
