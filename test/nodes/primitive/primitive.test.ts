import { expect, test } from 'vitest'
import { nodes } from '../../../nodes/index.ts'
import { describeNode } from '../../../nodes/sdk/description.ts'
import { testContext } from '../context.ts'

test.each([
  ['PrimitiveInt', 'INT', 7],
  ['PrimitiveFloat', 'FLOAT', 0.5],
  ['PrimitiveString', 'STRING', 'photo'],
  ['PrimitiveStringMultiline', 'STRING', 'one\ntwo'],
  ['PrimitiveBoolean', 'BOOLEAN', true],
])('%s gives its value as %s', async (id, type, value) => {
  const { node, category } = nodes.find((one) => one.node.id === id)!
  const { parameters, outputs } = describeNode(node, category)
  expect(parameters).toMatchObject([{ name: 'value', kind: type }])
  expect(outputs).toMatchObject([{ name: type, type }])
  expect(await node.run({}, { value }, testContext())).toEqual({ [type]: value })
})
