import { describe, expect, test } from 'vitest'
import { readNodeTypes } from '../../client/document/node-types.ts'
import { allTypes, types } from './types.ts'

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

  test('what a person can set on a picture comes with the node', () => {
    const tools = Object.fromEntries([...allTypes].flatMap(([id, { tool }]) => (tool ? [[id, tool]] : [])))
    expect(tools).toEqual({
      ImageCrop: { kind: 'rectangle', on: 'image', x: 'x', y: 'y', width: 'width', height: 'height' },
      ImageStraighten: { kind: 'level', on: 'image', angle: 'angle' },
    })
  })

  test('a tool is left out that speaks of what the node has not, or that nobody knows', () => {
    const node = (picture_tool: unknown) => ({
      input: { required: { image: ['IMAGE'], tilt: ['FLOAT'], name: ['STRING'] } },
      picture_tool,
    })
    const read = readNodeTypes({
      Fine: node({ kind: 'level', on: 'image', angle: 'tilt' }),
      Word: node({ kind: 'level', on: 'image', angle: 'name' }),
      Nothing: node({ kind: 'level', on: 'mask', angle: 'tilt' }),
      Half: node({ kind: 'rectangle', on: 'image', x: 'tilt', y: 'tilt', width: 'tilt', height: 'tilt' }),
      New: node({ kind: 'lasso' }),
    })
    expect([...read].flatMap(([id, { tool }]) => (tool ? [id] : []))).toEqual(['Fine'])
    expect(read.size).toBe(5)
  })

  test('one node that cannot be read does not take the others away', () => {
    const read = readNodeTypes({ Odd: { input: 'none' }, Fine: { output: ['IMAGE'] } })
    expect([...read.keys()]).toEqual(['Fine'])
  })
})
