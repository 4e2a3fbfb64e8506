import { expect, test } from 'vitest'
import { readGraphText } from '../../client/document/read-file.ts'
import { setTools } from '../../client/document/set-tools.ts'
import { ToolOrigins } from '../../client/pictures/tool-origins.ts'
import { allTypes as types } from './types.ts'

const at = { pos: [0, 0], size: [200, 200] }
const load = (id: number, file: string) => ({ ...at, id, type: 'LoadImage', widgets_values: [file] })
const input = (link: number) => [{ name: 'image', type: 'IMAGE', link }]
const crop = (...values: number[]) => ({ ...at, id: 3, type: 'ImageCrop', inputs: input(2), widgets_values: values })
const straighten = (angle: number, more: object = {}) => ({
  ...at,
  id: 2,
  type: 'ImageStraighten',
  inputs: input(1),
  widgets_values: [angle, 'crop'],
  ...more,
})

/** Load Image (1), Straighten (2), Crop Image (3), with another picture (9) beside them. */
function setIn(...nodes: readonly object[]) {
  const links = [
    [1, 1, 0, 2, 0, 'IMAGE'],
    [2, 2, 0, 3, 0, 'IMAGE'],
  ]
  const file = { nodes: [load(9, 'other.jpg'), load(1, 'holiday/a.jpg'), ...nodes], links }
  const { graph } = readGraphText(JSON.stringify(file), types)
  return setTools(graph, types).map(({ title, values, picture }) => [title, values, picture])
}

test('what is set on a picture is known with the picture that comes to it, however far from it that is loaded', () => {
  expect(setIn(straighten(2.2), crop(306, 259, 206, 125))).toEqual([
    ['Straighten', { angle: 2.2 }, 'holiday/a.jpg'],
    ['Crop Image', { width: 306, height: 259, x: 206, y: 125 }, 'holiday/a.jpg'],
  ])
})

test('what leaves every picture as it is counts as not set, and neither does what does not run', () => {
  expect(setIn(straighten(0), crop(16384, 16384, 0, 0))).toEqual([])
  expect(setIn(straighten(2.2, { mode: 4 }))).toEqual([])
})

test('values are of the picture that was there when they became what they are', () => {
  const origins = new ToolOrigins()
  expect(origins.of('crop', [1], 'a.jpg')).toBe('a.jpg')
  expect(origins.of('crop', [1], 'b.jpg')).toBe('a.jpg')
  expect(origins.of('another', [1], 'b.jpg')).toBe('b.jpg')
  expect(origins.of('crop', [2], 'b.jpg')).toBe('b.jpg')
  expect(origins.of('crop', [2], 'a.jpg')).toBe('b.jpg')
})
