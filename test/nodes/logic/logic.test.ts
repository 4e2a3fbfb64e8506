import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { compareNumbers } from '../../../nodes/logic/compare-numbers.ts'
import { gate } from '../../../nodes/logic/gate.ts'
import { rebatchImages } from '../../../nodes/logic/rebatch-images.ts'
import { switchNode } from '../../../nodes/logic/switch.ts'
import type { AnyNode } from '../../../nodes/sdk/node.ts'
import type { Image } from '../../../nodes/sdk/values.ts'
import type { Prompt } from '../../../server/graph/prompt.ts'
import { validatePrompt } from '../../../server/graph/validate.ts'
import { bench, graph, only } from '../../server/runner/runs.ts'

const base = { title: '', summary: '', parameters: z.object({}) }

/** A picture of one pixel for each number, in one batch. */
const pictures: AnyNode = {
  ...base,
  id: 'Pictures',
  inputs: {},
  parameters: z.object({ first: z.int().min(0).max(99).default(0), count: z.int().min(0).max(99).default(1) }),
  outputs: { images: { type: 'IMAGE' } },
  run: (_: unknown, { first, count }: { first: number; count: number }) => ({
    images: {
      frames: Array.from({ length: count }, (_, i) => ({
        width: 1,
        height: 1,
        channels: 1,
        data: Uint8Array.of(first + i),
      })),
    },
  }),
}

const showPictures: AnyNode = {
  ...base,
  id: 'ShowPictures',
  inputs: { images: { type: 'IMAGE' } },
  outputs: {},
  outputNode: true,
  run: ({ images }: { images: Image }) => ({
    ui: { text: [images.frames.map(({ data }) => data[0]).join(' ')] },
  }),
}

async function run(prompt: Prompt) {
  const b = bench([switchNode, gate, compareNumbers, rebatchImages, pictures, showPictures])
  const choices = {
    input_images: [],
    gendr_models: [],
    gendr_settings: ['default'],
    iqa_models: [],
    upscale_models: [],
  }
  const checked = validatePrompt(prompt, b.catalogue, choices)
  if (!checked.ok) throw new Error(JSON.stringify(checked.nodeErrors))
  const events = await b.run(checked.prompt, { outputs: checked.outputs })
  const shown = only(events, 'node_finished').find(({ node }) => node === 'show')?.ui?.text
  return { shown, calls: [...b.calls], end: events.at(-1), blocked: only(events, 'node_blocked') }
}

describe('a switch', () => {
  const prompt = (isOn: unknown) =>
    graph({
      small: ['Number', { value: 2 }],
      off: ['Add', { a: ['small', 0] }],
      on: ['Sleep', { ms: 1 }],
      switch: ['ComfySwitchNode', { switch: isOn, on_false: ['off', 0], on_true: ['on', 0] }],
      show: ['Show', { value: ['switch', 0] }],
    })

  test('computes the side that it hands on, and not the other', async () => {
    expect(await run(prompt(true))).toMatchObject({ shown: ['1'], calls: ['Sleep', 'Show'] })
    expect(await run(prompt(false))).toMatchObject({ shown: ['3'], calls: ['Number', 'Add', 'Show'] })
  })

  test('is set by another node, such as a comparison', async () => {
    const compared = (b: number) => ({
      ...prompt(['compare', 0]),
      compare: { class_type: 'CompareNumbers', inputs: { a: ['small', 0], comparison: '>=', b } },
    })
    expect((await run(compared(2))).shown).toEqual(['1'])
    expect((await run(compared(2.5))).shown).toEqual(['3'])
  })

  test('that has nothing to hand on is told of where a value is needed', async () => {
    const { end } = await run(
      graph({ switch: ['ComfySwitchNode', { switch: true }], show: ['Show', { value: ['switch', 0] }] }),
    )
    expect(end).toMatchObject({ type: 'failed', error: { node: 'show', message: expect.stringContaining("'value'") } })
  })
})

describe('a gate', () => {
  const prompt = (open: boolean, message = '') =>
    graph({
      n: ['Number', { value: 2 }],
      gate: ['Gate', { value: ['n', 0], open, message }],
      show: ['Show', { value: ['gate', 0] }],
      other: ['Show', { value: ['n', 0] }],
    })

  test('hands on what it gets while it is open', async () => {
    expect((await run(prompt(true))).shown).toEqual(['2'])
  })

  test('stops only what would use the value when it is closed, and says why if there is something to say', async () => {
    expect(await run(prompt(false))).toMatchObject({ shown: undefined, end: { type: 'succeeded' }, blocked: [] })
    const { calls, blocked } = await run(prompt(false, 'sharp enough'))
    expect(calls).toEqual(['Number', 'Show'])
    expect(blocked).toMatchObject([{ node: 'show', message: 'sharp enough' }])
  })
})

describe('a comparison', () => {
  test.each([
    ['<', [true, false, false]],
    ['<=', [true, true, false]],
    ['=', [false, true, false]],
    ['>=', [false, true, true]],
    ['>', [false, false, true]],
  ] as const)('%s is as in arithmetic', (comparison, expected) => {
    expect([1, 2, 3].map((a) => compareNumbers.run({ a }, { comparison, b: 2 }, {} as never))).toEqual(
      expected.map((result) => ({ result })),
    )
  })

  test('of something else says what it got', async () => {
    const { end } = await run(
      graph({
        p: ['Pictures', { first: 0, count: 1 }],
        c: ['CompareNumbers', { a: ['p', 0], comparison: '<', b: 0 }],
        switch: ['ComfySwitchNode', { switch: ['c', 0], on_true: ['p', 0] }],
        show: ['ShowPictures', { images: ['switch', 0] }],
      }),
    )
    expect(end).toMatchObject({ error: { node: 'c', message: expect.stringContaining('object') } })
  })
})

describe('batches', () => {
  const prompt = (size: number) =>
    graph({
      p: ['Pictures', { first: 1, count: 5 }],
      r: ['RebatchImages', { images: ['p', 0], batch_size: size }],
      s: ['RebatchImages', { images: ['r', 0], batch_size: 3 }],
      show: ['ShowPictures', { images: ['r', 0] }],
      joined: ['ShowPictures', { images: ['s', 0] }],
    })

  test('become a list of batches of a size, whose nodes run for each', async () => {
    expect((await run(prompt(1))).shown).toEqual(['1', '2', '3', '4', '5'])
    expect((await run(prompt(2))).shown).toEqual(['1 2', '3 4', '5'])
    expect((await run(prompt(4096))).shown).toEqual(['1 2 3 4 5'])
  })

  test('of a list are put together again', () => {
    const images = [1, 2, 3].map((value) => ({
      frames: [{ width: 1, height: 1, channels: 1 as const, data: Uint8Array.of(value) }],
    }))
    const { IMAGE } = rebatchImages.run({ images }, { batch_size: 2 }, {} as never) as { IMAGE: Image[] }
    expect(IMAGE.map(({ frames }) => frames.map(({ data }) => data[0]))).toEqual([[1, 2], [3]])
  })
})
