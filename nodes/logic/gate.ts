import { z } from 'zod'
import { Blocker } from '../sdk/blocker.ts'
import { defineNode } from '../sdk/node.ts'

export const gate = defineNode({
  id: 'Gate',
  title: 'Gate',
  summary:
    'Hands a value on while it is open; closed it stops whatever would use the value, and the rest of the graph runs.',
  inputs: { value: { type: '*' } },
  parameters: z.object({
    open: z.boolean().default(true),
    message: z.string().default('').meta({ tooltip: 'What to tell when something is stopped; empty for nothing.' }),
  }),
  outputs: { value: { type: '*' } },
  run: ({ value }, { open, message }) => ({
    value: open ? value : new Blocker(message === '' ? undefined : message),
  }),
})
