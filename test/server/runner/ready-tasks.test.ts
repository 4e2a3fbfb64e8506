import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { AnyNode } from '../../../nodes/sdk/node.ts'
import { bench, graph, only } from './runs.ts'

const base = { title: '', summary: '', inputs: {}, parameters: z.object({ i: z.int().min(0).max(99).default(0) }) }

/** Branches of a picture, a restoration that calls the model a few times, and its result; what each does, in order. */
function branches(count: number, more: Parameters<typeof graph>[0] = {}) {
  const log: string[] = []
  const nodes: AnyNode[] = [
    {
      ...base,
      id: 'Model',
      outputs: { model: { type: 'GENDR_MODEL' } },
      run: () => ({ model: 'model' }),
    },
    {
      ...base,
      id: 'Load',
      outputs: { number: { type: 'INT' } },
      async run(_: unknown, { i }: { i: number }) {
        await setImmediate()
        log.push(`load ${i}`)
        return { number: i }
      },
    },
    {
      ...base,
      id: 'Restore',
      inputs: { number: { type: 'INT' }, model: { type: 'GENDR_MODEL' } },
      outputs: { number: { type: 'INT' } },
      async run({ number }: { number: number }) {
        log.push(`begin ${number}`)
        for (let call = 0; call < 20; call++) await setImmediate()
        log.push(`end ${number}`)
        return { number }
      },
    },
    {
      ...base,
      id: 'Save',
      inputs: { number: { type: 'INT' } },
      outputs: {},
      outputNode: true,
      async run({ number }: { number: number }) {
        await setImmediate()
        log.push(`save ${number}`)
        return {}
      },
    },
  ]
  const prompt: Parameters<typeof graph>[0] = { model: ['Model'], ...more }
  for (let i = 0; i < count; i++) {
    prompt[`load${i}`] = ['Load', { i }]
    prompt[`restore${i}`] = ['Restore', { number: [`load${i}`, 0], model: ['model', 0] }]
    prompt[`save${i}`] = ['Save', { number: [`restore${i}`, 0] }]
  }
  return { log, run: async () => only(await bench(nodes).run(graph(prompt)), 'succeeded').length }
}

test('branches use the model one after the other, and what the first one made is saved meanwhile', async () => {
  const { log, run } = branches(4)
  expect(await run()).toBe(1)
  const atModel = log.filter((line) => /begin|end/.test(line))
  expect(atModel).toEqual([0, 1, 2, 3].flatMap((i) => [`begin ${i}`, `end ${i}`]))
  for (const i of [0, 1, 2]) expect(log.indexOf(`save ${i}`)).toBeLessThan(log.indexOf(`end ${i + 1}`))
  // The pictures of those that wait are loaded by then.
  expect(log.indexOf('load 3')).toBeLessThan(log.indexOf('end 0'))
})

test('only a few branches are begun before the first has left the model', async () => {
  const { log, run } = branches(30)
  expect(await run()).toBe(1)
  const loaded = log.slice(0, log.indexOf('end 0')).filter((line) => line.startsWith('load'))
  expect(loaded.length).toBeLessThanOrEqual(8)
  expect(log.filter((line) => line.startsWith('save'))).toHaveLength(30)
})

test('what needs no model does not wait for it', async () => {
  const { log, run } = branches(3, { other: ['Load', { i: 50 }], shown: ['Save', { number: ['other', 0] }] })
  expect(await run()).toBe(1)
  expect(log.indexOf('save 50')).toBeLessThan(log.indexOf('end 0'))
})
