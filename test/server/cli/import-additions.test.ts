import { describe, expect, test } from 'vitest'
import type { SourceKind } from '../../../models/import/import.ts'
import { readAdditions, refuseUseless } from '../../../server/cli/import-additions.ts'
import { readStep } from '../../../server/cli/step-flags.ts'
import type { Flags } from '../../../server/config.ts'

describe('what is imported beside a checkpoint', () => {
  test('is nothing by default, but graphs for every device and faster ones for the CPU', () => {
    const additions = readAdditions({})
    expect(additions).toEqual({
      loras: [],
      prompts: [],
      prompt: undefined,
      precision: undefined,
      variants: ['cpu'],
      levels: undefined,
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

  test('can be the range of a picture, or of one that comes and one that goes', () => {
    expect(readAdditions({ range: 'bytes' }).levels).toEqual({ takes: 'bytes', gives: 'bytes' })
    expect(readAdditions({ range: 'bytes:unit' }).levels).toEqual({ takes: 'bytes', gives: 'unit' })
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
    [
      { range: 'unit:none' },
      /--range to be unit, bytes or symmetric, or two of them as IN:OUT but received 'unit:none'/,
    ],
    [{ target: 'tpu' }, /--target to be portable, cpu, cuda but received 'tpu'/],
  ])('is refused when it is %j', (flags, message) => {
    expect(() => readAdditions(flags)).toThrow(message)
  })
})

describe('a flag that what is imported has no use for is refused:', () => {
  test.each<[SourceKind, Flags, RegExp]>([
    ['graph', { precision: 'fp16' }, /no --precision with an \.onnx, which is taken as it is/],
    ['graph', { target: 'cuda', copy: true }, /no --target and no --copy with an \.onnx/],
    ['graph', { timestep: '499' }, /no --timestep/],
    [
      'upscaler',
      { lora: ['a.safetensors'], timestep: '499', prompt: ['p'] },
      /no --timestep and no --prompt and no --lora/,
    ],
    ['upscaler', { range: 'unit' }, /no --range/],
    ['restorer', { range: 'unit' }, /no --range with a one-step restorer/],
  ])('%s %j', (kind, flags, message) => {
    expect(() => refuseUseless(flags, kind)).toThrow(message)
  })

  test.each<[SourceKind, Flags]>([
    ['graph', { range: 'bytes', name: 'n', overwrite: true, 'dry-run': true }],
    ['upscaler', { precision: 'int8', target: 'portable', copy: true, quiet: true }],
    ['restorer', { precision: 'int8', lora: ['a'], prompt: ['p'], timestep: '1', alpha: '0.3', copy: true }],
  ])('but not of %s %j', (kind, flags) => {
    expect(() => refuseUseless(flags, kind)).not.toThrow()
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
