import { describe, expect, test } from 'vitest'
import { readAdditions } from '../../../server/cli/import-additions.ts'
import { readStep } from '../../../server/cli/step-flags.ts'

describe('what is imported beside a checkpoint', () => {
  test('is nothing by default, but graphs for every device and faster ones for the CPU', () => {
    const additions = readAdditions({})
    expect(additions).toEqual({
      loras: [],
      prompts: [],
      prompt: undefined,
      precision: undefined,
      variants: ['cpu'],
      range: undefined,
      copy: false,
    })
  })

  test.each([
    ['style.safetensors', { path: 'style.safetensors', scale: 1 }],
    ['a/style.safetensors:0.5', { path: 'a/style.safetensors', scale: 0.5 }],
    ['C:\\style.safetensors', { path: 'C:\\style.safetensors', scale: 1 }],
    ['C:\\style:-.25', { path: 'C:\\style', scale: -0.25 }],
  ])('can be the adaptation %s', (value, lora) => {
    expect(readAdditions({ lora: [value] }).loras).toEqual([lora])
  })

  test('can be prompts, of which one is asked with', () => {
    const { prompts, prompt } = readAdditions({ prompt: ['night=dir/night=1.safetensors', 'night'] })
    expect(prompts).toEqual([{ name: 'night', path: 'dir/night=1.safetensors' }])
    expect(prompt).toBe('night')
  })

  test('can be graphs for one kind of device more, or for all alike', () => {
    expect(readAdditions({ target: 'cuda' })).toMatchObject({ variants: ['cpu', 'cuda'] })
    expect(readAdditions({ target: 'portable' })).toMatchObject({ variants: [] })
  })

  test.each([
    [{ lora: [':1'] }, /--lora to be PATH or PATH:SCALE but received ':1'/],
    [{ prompt: ['a', 'b'] }, /--prompt to be one name without a file but received 'a, b'/],
    [{ prompt: ['../a=file'] }, /--prompt to be a name of letters.* but received '\.\.\/a'/],
    [{ precision: 'fp8' }, /--precision to be fp32, fp16, int8 but received 'fp8'/],
    [{ target: 'tpu' }, /--target to be portable, cpu, cuda but received 'tpu'/],
  ])('is refused when it is %j', (flags, message) => {
    expect(() => readAdditions(flags)).toThrow(message)
  })
})

describe('what a one-step model is asked with', () => {
  test('is read from flags, each by itself', () => {
    expect(readStep({})).toEqual({})
    expect(readStep({ timestep: '0', prediction: 'sample', alpha: '.25', beta: '0.75' })).toEqual({
      timestep: 0,
      prediction: 'sample',
      alpha: 0.25,
      beta: 0.75,
    })
  })

  test.each([
    [{ timestep: '-1' }, /--timestep to be a number from 0 but received '-1'/],
    [{ timestep: '' }, /--timestep to be a number from 0/],
    [{ prediction: 'v' }, /--prediction to be one of epsilon, sample, v_prediction but received 'v'/],
    [{ alpha: '1' }, /--alpha to be a number between 0 and 1 but received '1'/],
    [{ beta: 'half' }, /--beta to be a number between 0 and 1 but received 'half'/],
  ])('is refused when it is %j', (flags, message) => {
    expect(() => readStep(flags)).toThrow(message)
  })
})
