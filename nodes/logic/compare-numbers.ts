import { z } from 'zod'
import { RestorationError } from '../sdk/error.ts'
import { defineNode } from '../sdk/node.ts'

const COMPARISONS = {
  '<': (a: number, b: number) => a < b,
  '<=': (a: number, b: number) => a <= b,
  '=': (a: number, b: number) => a === b,
  '>=': (a: number, b: number) => a >= b,
  '>': (a: number, b: number) => a > b,
} as const

export const compareNumbers = defineNode({
  id: 'CompareNumbers',
  title: 'Compare Numbers',
  summary: 'Whether a number, such as a measure of a picture, is less than, equal to or more than another.',
  inputs: { a: { type: '*', tooltip: 'A whole or decimal number.' } },
  parameters: z.object({
    comparison: z.enum(['<', '<=', '=', '>=', '>']).default('<'),
    b: z.number().min(-1e9).max(1e9).default(0).meta({ step: 0.01 }),
  }),
  outputs: { result: { type: 'BOOLEAN' } },
  run({ a }, { comparison, b }) {
    if (typeof a !== 'number') {
      throw new RestorationError(
        'invalid_input',
        `Expected a number for 'a' but received ${a === null ? 'null' : `a value of type ${typeof a}`}.`,
        "Link 'a' to an output of type INT or FLOAT.",
      )
    }
    return { result: COMPARISONS[comparison](a, b) }
  },
})
