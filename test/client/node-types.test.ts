import { describe, expect, test } from 'vitest'
import { readNodeTypes } from '../../client/document/node-types.ts'
import { types } from './types.ts'

describe('GET /object_info becomes node types', () => {
  test('sockets and parameters are told apart, in the order that the host gives', () => {
    const scale = types.get('ImageScaleBy')
    expect(scale?.inputs).toEqual([{ name: 'image', type: 'IMAGE', required: true }])
    expect(scale?.parameters.map(({ name }) => name)).toEqual(['upscale_method', 'scale_by'])
    expect(scale?.parameters[1]).toEqual({ name: 'scale_by', kind: 'FLOAT', default: 1, min: 0.01, max: 8, step: 0.01 })
  })

  test('a picture to upload is a choice of the input folder', () => {
    expect(types.get('LoadImage')?.parameters[0]).toEqual({
      name: 'image',
      kind: 'COMBO',
      options: ['a.png', 'b.png'],
      optionsFrom: 'input_images',
      tooltip: 'A picture.',
    })
  })

  test('optional sockets, toggles, long texts and the newer form of a choice are read', () => {
    const noise = types.get('Noise')
    expect(noise?.inputs[1]).toEqual({ name: 'mask', type: 'MASK', required: false })
    expect(noise?.parameters.map(({ kind }) => kind)).toEqual(['INT', 'STRING', 'BOOLEAN', 'COMBO'])
    expect(noise?.parameters[1]).toMatchObject({ multiline: true })
    expect(noise?.parameters[3]).toMatchObject({ options: ['x', 'y'] })
  })

  test('one node that cannot be read does not take the others away', () => {
    const read = readNodeTypes({ Odd: { input: 'none' }, Fine: { output: ['IMAGE'] } })
    expect([...read.keys()]).toEqual(['Fine'])
  })
})
