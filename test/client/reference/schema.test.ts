import { expect, test } from 'vitest'
import { exampleOf, kindOf } from '../../../client/reference/schema.ts'
import { openApi } from '../../../server/protocol/openapi.ts'

test('an example has what is required and what has a default, through references', () => {
  const schema = {
    type: 'object',
    required: ['a', 'b'],
    properties: {
      a: { $ref: '#/components/schemas/A' },
      b: { anyOf: [{ type: 'number' }, { type: 'string' }] },
      c: { type: 'array', default: [] },
      d: { type: 'string' },
    },
  }
  const schemas = { A: { enum: ['first', 'second'] }, Endless: { $ref: '#/components/schemas/Endless' } }
  expect(exampleOf(schema, schemas)).toEqual({ a: 'first', b: 0, c: [] })
  expect(exampleOf({ $ref: '#/components/schemas/Endless' }, schemas)).toEqual({})
})

test('a kind is said in a word', () => {
  expect(kindOf({ $ref: '#/components/schemas/Job' })).toBe('Job')
  expect(kindOf({ enum: ['a', 'b'] })).toBe('a | b')
  expect(kindOf({ type: 'array', items: { anyOf: [{ const: 1 }, { type: ['string', 'null'] }] } })).toBe(
    '1 | string | null[]',
  )
  expect(kindOf({})).toBe('anything')
})

test('every body that the host describes has an example', () => {
  const { paths, components } = openApi('1', 'api') as {
    paths: Record<string, Record<string, { requestBody?: { content: Record<string, { schema?: object }> } }>>
    components: { schemas: Record<string, object> }
  }
  for (const methods of Object.values(paths)) {
    for (const { requestBody } of Object.values(methods)) {
      const schema = requestBody?.content['application/json']?.schema
      if (schema !== undefined) expect(JSON.stringify(exampleOf(schema, components.schemas))).toBeTypeOf('string')
    }
  }
})
