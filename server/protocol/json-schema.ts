import { z } from 'zod'
import * as answers from './answers.ts'

/** A part of a JSON document. */
export type Json = { [name: string]: unknown }

/** What is said of schemas: what they mean, and what some are called. */
class Names extends z.core.$ZodRegistry<{ id?: string; description?: string }> {
  override get(schema: z.core.$ZodType) {
    const description = z.globalRegistry.get(schema)?.description
    const named = super.get(schema)
    return description === undefined ? named : { description, ...named }
  }
}

/** The schemas that have a name of their own in the documents: `refusalSchema` is `Refusal`. */
const NAMED = new Names()
for (const [name, schema] of Object.entries(answers)) {
  NAMED.add(schema, { id: name.charAt(0).toUpperCase() + name.slice(1).replace(/Schema$/, '') })
}

/** JSON Schemas for a document: named ones are written once, under `components`, and referred to. */
export class SchemaWriter {
  readonly components: Record<string, Json> = {}

  /** @param io what a schema takes, or what it makes of it */
  write(schema: z.ZodType, io: 'input' | 'output'): Json {
    const written = z.toJSONSchema(schema, { io, metadata: NAMED, unrepresentable: 'any' }) as Json
    const { $schema: _dialect, $defs = {}, ...body } = this.#refer(written) as Json
    for (const [name, definition] of Object.entries($defs as Record<string, Json>)) this.#keep(name, definition)
    const name = NAMED.get(schema)?.id
    if (name === undefined) return body
    // Some come as a reference to themselves.
    if (body.$ref === undefined) this.#keep(name, body)
    return reference(name)
  }

  #keep(name: string, { id: _id, ...definition }: Json): void {
    this.components[name] = definition
  }

  /** Points references into the document's components. */
  #refer(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#refer(item))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) =>
        name === '$ref' && typeof part === 'string'
          ? [name, part.replace('#/$defs/', '#/components/schemas/')]
          : [name, this.#refer(part)],
      ),
    )
  }
}

function reference(name: string): Json {
  return { $ref: `#/components/schemas/${name}` }
}
