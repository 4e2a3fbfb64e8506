/** A JSON Schema, as far as this page reads it. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly description?: string
  /** Of what is a file. */
  readonly contentMediaType?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema | boolean
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
}

/** Schemas by name. */
export type Schemas = Readonly<Record<string, Schema>>

/** A value to begin with: what a schema requires, and the defaults of what it does not. */
export function exampleOf(schema: Schema, schemas: Schemas, depth = 0): unknown {
  const { $ref, type, properties = {}, required = [], anyOf, oneOf } = schema
  if ($ref !== undefined) return depth > 4 ? {} : exampleOf(schemas[nameOf($ref)] ?? {}, schemas, depth + 1)
  if (schema.const !== undefined) return schema.const
  if (schema.default !== undefined) return schema.default
  if (schema.enum !== undefined) return schema.enum[0]
  const first = (anyOf ?? oneOf)?.[0]
  if (first !== undefined) return exampleOf(first, schemas, depth + 1)
  switch (typeof type === 'string' ? type : type?.[0]) {
    case 'object': {
      const shown = Object.entries(properties).filter(
        ([name, property]) => required.includes(name) || property.default !== undefined,
      )
      return Object.fromEntries(shown.map(([name, property]) => [name, exampleOf(property, schemas, depth + 1)]))
    }
    case 'array':
      return []
    case 'string':
      return ''
    case 'boolean':
      return false
    case 'number':
    case 'integer':
      return 0
    default:
      return {}
  }
}

/** A word for what a value may be: `string`, `input | output | temp`, `KnownFile`. */
export function kindOf(schema: Schema): string {
  const { $ref, type, items, anyOf, oneOf } = schema
  if ($ref !== undefined) return nameOf($ref)
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined) return schema.enum.map(String).join(' | ')
  const choices = anyOf ?? oneOf
  if (choices !== undefined) return choices.map(kindOf).join(' | ')
  if (type === 'array' && typeof items === 'object') return `${kindOf(items)}[]`
  if (type === undefined) return 'anything'
  return typeof type === 'string' ? type : type.join(' | ')
}

function nameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1)
}
