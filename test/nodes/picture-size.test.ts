import { expect, test } from 'vitest'
import { nodes } from '../../nodes/index.ts'
import { scaledSize } from '../../nodes/sdk/scaled-size.ts'
import type { Image } from '../../nodes/sdk/values.ts'
import { exactModel, testContext } from './context.ts'
import { bytes } from './frames.ts'

const saying = nodes.flatMap(({ node }) => (node.size === undefined ? [] : [{ node, size: node.size }]))

test.each(saying)('$node.id gives pictures as large as it says', async ({ node, size: { of, times, where } }) => {
  const picture = bytes(
    40,
    24,
    3,
    Array.from({ length: 40 * 24 * 3 }, (_, i) => (i * 7) % 256),
  )
  const inputs = Object.fromEntries(
    Object.entries(node.inputs)
      .filter(([, { optional }]) => optional !== true)
      .map(([name, { type }]) => [name, type === 'IMAGE' ? { frames: [picture] } : exactModel]),
  )
  expect(node.inputs[of]?.type).toBe('IMAGE')
  const factor = times === undefined ? 1 : 1.5
  const parameters = node.parameters.parse({ ...where, ...(times !== undefined && { [times]: factor }) })
  if (times !== undefined) expect(parameters[times]).toBe(factor)
  const result = await node.run(inputs, parameters, testContext())
  for (const [name, { type }] of Object.entries(node.outputs)) {
    if (type !== 'IMAGE') continue
    const sizes = (result[name] as Image).frames.map(({ width, height }) => ({ width, height }))
    expect(sizes).toEqual([scaledSize(picture, factor)])
  }
})

test('there are such nodes', () => {
  expect(saying.length).toBeGreaterThan(10)
})
