import { expect, test, vi } from 'vitest'
import { readWorkflow } from '../../client/document/read-workflow.ts'
import type { Order } from '../../client/host/order.ts'
import type { ToastAction, Toasts } from '../../client/panels/toasts.ts'
import { PictureBatch } from '../../client/pictures/picture-batch.ts'
import { HostError } from '../../client/sdk/errors.ts'
import { Telling } from '../../client/telling.ts'
import { allTypes, savedWorkflow, types } from './types.ts'

const { graph } = readWorkflow(savedWorkflow(), types)
const setting = { node: '1', parameter: 'image' }
const pictures = ['a.png', 'b.png', 'c.png'].map((name) => new File([name], name))
const nobody = () => new HostError(0, 'The host does not answer.')

/** A batch before a host that does to each request as the test says, in order, and then what it should; `gone` is for good. */
function bench(
  requests: readonly (undefined | 'lost' | 'lost after it was taken' | 'full' | 'gone')[] = [],
  whole = graph,
) {
  const ran: unknown[] = []
  const taken = new Set<string>()
  const zipped: (readonly string[])[] = []
  const shown: { readonly tone: string; readonly words: string; readonly action: ToastAction | undefined }[] = []
  const waiting = [...requests]
  let isGone = false
  const meets = (take: () => void = () => {}) => {
    const fate = waiting.shift()
    if (fate === 'full') throw new HostError(507, 'The disk is full.')
    isGone ||= fate === 'gone'
    if (fate !== 'lost' && !isGone) take()
    if (fate?.startsWith('lost') || isGone) throw nobody()
  }
  const failed = new Set<string>()
  const batch = new PictureBatch({
    document: { whole, version: 1 },
    types: () => allTypes,
    host: {
      upload: async ({ name }: File) => {
        meets()
        return { filename: name, subfolder: '', type: 'input', sha256: '', size: 1, input: name }
      },
      run: async (id: string) => (taken.has(id) ? ({ id } as never) : undefined),
      back: async (signal: AbortSignal) => {
        do await new Promise((resolve) => setTimeout(resolve))
        while (isGone && !signal.aborted)
        signal.throwIfAborted()
      },
      failedAmong: async () => failed,
    },
    runs: {
      send: async ({ id = '', prompt }: Order) => {
        meets(() => {
          taken.add(id)
          ran.push(prompt['1']?.inputs.image)
        })
        return id
      },
      cancel: async () => {},
    },
    telling: new Telling({
      show: (tone: string, message: string, remedy = '', { action }: { action?: ToastAction } = {}) =>
        void shown.push({ tone, words: `${message} ${remedy}`.trim(), action }),
    } as unknown as Toasts),
    sending: () => {},
    zip: async (runs: readonly string[]) => void zipped.push(runs),
  })
  return { batch, failed, ran, shown, taken, zipped }
}

test('a host that is away for a moment gets every picture, and none twice', async () => {
  const { batch, ran, shown } = bench([undefined, undefined, 'lost', 'lost', undefined, 'lost after it was taken'])
  await batch.send(pictures, setting, 'tab')
  expect(ran).toEqual(['a.png', 'b.png', 'c.png'])
  expect(shown).toEqual([{ tone: 'good', words: expect.stringMatching(/^3 runs are in the queue/), action: undefined }])
})

test('what was not sent can be sent with one press as long as the page is there', async () => {
  const { batch, ran, shown } = bench([undefined, undefined, 'full'])
  await batch.send(pictures, setting, 'tab')
  expect(ran).toEqual(['a.png'])
  const { tone, words, action } = shown.at(-1)!
  expect([tone, words]).toEqual(['error', '1 of 3 pictures were sent to be run. ‘b.png’ and 1 more were not.'])
  action?.act()
  await vi.waitFor(() => expect(ran).toEqual(['a.png', 'b.png', 'c.png']))
})

test('a picture that something between cuts off each time is given up, and the others run', async () => {
  const { batch, ran, shown } = bench(Array(4).fill('lost'))
  await batch.send(pictures, setting, 'tab')
  expect(ran).toEqual(['b.png', 'c.png'])
  const [first, last] = shown
  expect(first).toMatchObject({ tone: 'error', words: expect.stringMatching(/^‘a.png’ was sent 4 times.*proxy/) })
  expect(last).toMatchObject({ tone: 'good', words: expect.stringMatching(/^2 runs/) })
})

test('waiting for a host that stays away can be stopped, and is no failure', async () => {
  const { batch, ran, shown } = bench(['gone'])
  const sent = batch.send(pictures, setting, 'tab')
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(batch.sending).toEqual({ sent: 0, total: 3 })
  batch.stop()
  await sent
  expect(ran).toEqual([])
  expect(shown.map(({ tone }) => tone)).toEqual(['warning'])
})

test('once the host has run all of them, their results are offered as one ZIP', async () => {
  const { batch, shown, taken, zipped } = bench()
  const sent = batch.send(pictures, setting, 'tab')
  batch.follow(1)
  batch.follow(0)
  await sent
  expect(shown).toHaveLength(1)
  // What the host says of the last one comes later.
  batch.follow(0)
  expect(shown).toHaveLength(1)
  batch.follow(1)
  batch.follow(0)
  await vi.waitFor(() => expect(shown).toHaveLength(2))
  expect(shown.at(-1)).toMatchObject({ tone: 'good', words: expect.stringMatching(/^All 3 pictures have been run/) })
  shown.at(-1)?.action?.act()
  expect(zipped).toEqual([[...taken]])
  batch.follow(1)
  batch.follow(0)
  expect(shown).toHaveLength(2)
})

test('which of several pictures failed is said, and the results of the others are still offered', async () => {
  const { batch, failed, shown, taken, zipped } = bench()
  await batch.send(pictures, setting, 'tab')
  failed.add([...taken][1]!)
  batch.follow(1)
  batch.follow(0)
  await vi.waitFor(() => expect(shown).toHaveLength(2))
  const { tone, words, action } = shown.at(-1)!
  expect([tone, words]).toEqual([
    'warning',
    '2 of 3 pictures have been run to the end. ‘b.png’ was not. Runs says why.',
  ])
  action?.act()
  expect(zipped).toEqual([[...taken]])
})

test('where every picture failed there is nothing to offer', async () => {
  const { batch, failed, shown, taken } = bench()
  await batch.send(pictures, setting, 'tab')
  for (const run of taken) failed.add(run)
  batch.follow(1)
  batch.follow(0)
  await vi.waitFor(() => expect(shown).toHaveLength(2))
  expect(shown.at(-1)).toMatchObject({ tone: 'warning', action: undefined })
  expect(shown.at(-1)?.words).toMatch(/^0 of 3 pictures.*‘a.png’ and 2 more were not/)
})

test('that a crop is the same for all of several pictures is said when they are sent', async () => {
  const crop = { id: 7, type: 'ImageCrop', pos: [0, 0], size: [200, 200], widgets_values: [306, 259, 206, 125] }
  const file = savedWorkflow()
  const { graph: cropped } = readWorkflow({ ...file, nodes: [...file.nodes, crop] }, allTypes)
  const { batch, shown } = bench([], cropped)
  await batch.send(pictures, setting, 'tab')
  expect(shown[0]?.words).toMatch(/Each of them is changed alike by ‘Crop Image’, as set now\.$/)
})
