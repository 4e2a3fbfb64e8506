import { readFileSync } from 'node:fs'
import type { z } from 'zod'
import { invalidCheckpoint } from './failure.ts'

const REMEDY =
  'Only models of the Stable Diffusion 1.x and 2.x family can be imported; docs/models.md lists what is read.'

/** A JSON file of a checkpoint; an error names the file, the key, what was expected and what came. */
export function readJson<Schema extends z.ZodType>(path: string, schema: Schema, remedy = REMEDY): z.output<Schema> {
  const raw = parse(path)
  const result = schema.safeParse(raw, { reportInput: true })
  if (result.success) return result.data
  const complaints = result.error.issues.map(
    ({ path: key, message, input }) => `${key.join('.') || 'the file'}: ${message}, got ${JSON.stringify(input)}`,
  )
  throw invalidCheckpoint(`${path}: ${complaints.join('; ')}.`, remedy)
}

function parse(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw invalidCheckpoint(
      `${path}: expected a JSON file, ${cause instanceof SyntaxError ? 'got other text' : 'found none'}.`,
      undefined,
      cause,
    )
  }
}
