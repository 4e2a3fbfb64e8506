import { expect, test } from 'vitest'
import { nodes } from '../../nodes/index.ts'
import { afterStep, type SizeRule, sizeSteps } from '../../nodes/sdk/size-rule.ts'
import type { Image, SocketType } from '../../nodes/sdk/values.ts'
import { exactModel, testContext } from './context.ts'
import { bytes } from './frames.ts'

const saying = nodes.flatMap(({ node }) => {
  const { size } = node
  return size === undefined ? [] : settingsFor(size).map((settings) => ({ node, size, settings }))
})

/** What is set for a rule to make something of the size, once for each of its cases. */
function settingsFor({ times, rectangle, turned }: SizeRule): Record<string, unknown>[] {
  if (times !== undefined) return [{ [times]: 1.5 }]
  if (rectangle !== undefined) {
    const { x, y, width, height } = rectangle
    return [[3, 5, 20, 90] as const, [50, 0, 7, 3] as const].map(([left, top, wide, high]) => ({
      [x]: left,
      [y]: top,
      [width]: wide,
      [height]: high,
    }))
  }
  if (turned === undefined) return [{}]
  const { angle, border } = turned
  return [0, 2.3, -50].flatMap((degrees) => ['crop', 'white'].map((of) => ({ [angle]: degrees, [border]: of })))
}

test.each(saying)('$node.id with $settings gives pictures as large as it says', async ({ node, size, settings }) => {
  const picture = bytes(
    40,
    24,
    3,
    Array.from({ length: 40 * 24 * 3 }, (_, i) => (i * 7) % 256),
  )
  const mask = bytes(40, 24, 1, new Array(40 * 24).fill(0))
  const values: Partial<Record<SocketType, unknown>> = {
    IMAGE: { frames: [picture] },
    MASK: { frames: [mask] },
    GENDR_MODEL: exactModel,
  }
  const inputs = Object.fromEntries(
    Object.entries(node.inputs)
      .filter(([, { optional }]) => optional !== true)
      .map(([name, { type }]) => [name, values[type]]),
  )
  expect(node.inputs[size.of]?.type).toBe('IMAGE')
  const parameters = node.parameters.parse(settings)
  expect(parameters).toMatchObject(settings)
  const result = await node.run(inputs, parameters, testContext())
  for (const [name, { type }] of Object.entries(node.outputs)) {
    if (type !== 'IMAGE') continue
    const sizes = (result[name] as Image).frames.map(({ width, height }) => ({ width, height }))
    expect(sizes).toEqual([sizeSteps(size, parameters)!.reduce(afterStep, { width: 40, height: 24 })])
  }
})

test('there are such nodes', () => {
  expect(saying.length).toBeGreaterThan(10)
})
