import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { Blocker } from '../../../nodes/sdk/blocker.ts'
import type { RunContext } from '../../../nodes/sdk/context.ts'
import { RestorationError } from '../../../nodes/sdk/error.ts'
import { Expansion, type GraphLink } from '../../../nodes/sdk/expansion.ts'
import type { AnyNode } from '../../../nodes/sdk/node.ts'

const base = { title: '', summary: '', inputs: {}, parameters: z.object({}) }

/** Nodes that use what only some nodes need; `calls` gets the class of each that is run. */
export function specialNodes(calls: string[]): AnyNode[] {
  return [
    {
      ...base,
      id: 'Pick',
      inputs: {
        which: { type: 'INT' },
        even: { type: 'INT', lazy: true },
        odd: { type: 'INT', lazy: true, optional: true },
      },
      outputs: { picked: { type: 'INT' } },
      needed: ({ which }: { which: number }) => [which % 2 === 0 ? 'even' : 'odd'],
      run({ which, even, odd }: { which: number; even?: number; odd?: number }) {
        calls.push('Pick')
        return { picked: which % 2 === 0 ? even : (odd ?? -1) }
      },
    },
    {
      ...base,
      id: 'Gate',
      inputs: { value: { type: 'INT' } },
      parameters: z.object({ message: z.string().default('') }),
      outputs: { value: { type: 'INT' } },
      run({ value }: { value: number }, { message }: { message: string }) {
        calls.push('Gate')
        return { value: value % 2 === 0 ? value : new Blocker(message === '' ? undefined : message) }
      },
    },
    {
      ...base,
      id: 'Sieve',
      inputs: { value: { type: 'INT' } },
      outputs: { values: { type: 'INT', list: true } },
      run({ value }: { value: number }) {
        calls.push('Sieve')
        return { values: [value, value % 2 === 0 ? value + 1 : new Blocker()] }
      },
    },
    {
      ...base,
      id: 'Later',
      inputs: { value: { type: 'INT' } },
      parameters: z.object({ turns: z.int().min(0).max(9).default(0) }),
      outputs: { value: { type: 'INT' } },
      /** Lets other nodes go on for some turns of the event loop. */
      async run({ value }: { value: number }, { turns }: { turns: number }) {
        calls.push('Later')
        for (let i = 0; i < turns; i++) await setImmediate()
        return { value }
      },
    },
    {
      ...base,
      id: 'Fragile',
      inputs: { value: { type: 'INT' } },
      outputs: { value: { type: 'INT' } },
      run({ value }: { value: number }) {
        calls.push('Fragile')
        if (value % 3 === 2) throw new RestorationError('invalid_input', `It broke at ${value}.`, 'Mend it.')
        return { value }
      },
    },
    {
      ...base,
      id: 'Chain',
      inputs: { value: { type: 'INT' } },
      parameters: z.object({ length: z.int().min(0).max(50).default(0), show: z.boolean().default(false) }),
      outputs: { last: { type: 'INT' }, all: { type: 'INT', list: true }, length: { type: 'INT' } },
      /** Adds one as often as it is told, each time with a node. */
      run({ value }: { value: number }, { length, show }: { length: number; show: boolean }) {
        calls.push('Chain')
        const nodes: Record<string, { class_type: string; inputs: Record<string, unknown> }> = {
          start: { class_type: 'Number', inputs: { value } },
        }
        const links: GraphLink[] = [['start', 0]]
        for (let i = 0; i < length; i++) {
          nodes[`add${i}`] = { class_type: 'Add', inputs: { a: links.at(-1) } }
          links.push([`add${i}`, 0])
        }
        if (show) nodes.show = { class_type: 'Show', inputs: { value: links.at(-1) } }
        return new Expansion(nodes, { last: links.at(-1), all: links, length })
      },
    },
    {
      ...base,
      id: 'Nest',
      inputs: { value: { type: 'INT' } },
      parameters: z.object({ depth: z.int().min(0).max(9).default(0) }),
      outputs: { value: { type: 'INT' } },
      run({ value }: { value: number }, { depth }: { depth: number }) {
        calls.push('Nest')
        if (depth === 0) return { value: value + 1 }
        const start = { class_type: 'Number', inputs: { value } }
        const inner = { class_type: 'Nest', inputs: { value: ['start', 0], depth: depth - 1 } }
        const shown = { class_type: 'Show', inputs: { value: ['inner', 0] } }
        return new Expansion({ start, inner, shown }, { value: ['inner', 0] })
      },
    },
    {
      ...base,
      id: 'Back',
      inputs: { after: { type: 'INT' } },
      parameters: z.object({ to: z.string().default('') }),
      outputs: { value: { type: 'INT' } },
      /** Gives what another node of the graph gives, which nothing else may need any more. */
      run(_: unknown, { to }: { to: string }) {
        calls.push('Back')
        return new Expansion({}, { value: [to, 0] })
      },
    },
    {
      ...base,
      id: 'WhoAmI',
      perNode: true,
      outputs: { id: { type: 'STRING' } },
      run: (_: unknown, __: unknown, { nodeId }: RunContext) => ({ id: nodeId }),
    },
    {
      ...base,
      id: 'Spell',
      inputs: { link: { type: '*', raw: true } },
      outputs: {},
      outputNode: true,
      run({ link: [id, slot] }: { link: GraphLink }, __: unknown, context: RunContext) {
        return { ui: { text: [`${slot} of ${context.node(id)?.class_type}`] } }
      },
    },
  ]
}
