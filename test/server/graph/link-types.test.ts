import { expect, test } from 'vitest'
import { canConnect } from '../../../server/graph/link-types.ts'

test.each([
  ['IMAGE', 'IMAGE', true],
  ['MASK', 'IMAGE', false],
  ['*', 'IMAGE', true],
  ['IMAGE', '*', true],
  ['MASK', 'IMAGE,MASK', true],
  // What it gives is known only when it runs, as in ComfyUI.
  ['INT,FLOAT,BOOLEAN', 'INT', true],
  ['INT,FLOAT', 'STRING,BOOLEAN', false],
  ['IMAGE, MASK', 'MASK', true],
  ['BBOX,', 'BBOX', true],
])('whether %s may feed %s', (output, input, expected) => {
  expect(canConnect(output, input)).toBe(expected)
})
