import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { restoreGraph } from './graphs.ts'
import { post, root, runPrompt, savedImage, upload, waitUntil } from './host.ts'
import { host, onHost } from './stage.ts'

const names = ['a.png', 'b.png', 'c.png']

onHost({
  flags: ['--runs-at-once', '2', '--cache', '0'],
  before: async () => {
    const photograph = await readFile(join(root, 'workflows/photographs/old-photograph.jpg'))
    for (const [i, name] of names.entries()) {
      const picture = sharp(photograph).extract({ left: 16 * i, top: 8 * i, width: 192, height: 144 })
      await upload(host, name, await picture.png().toBuffer())
    }
  },
})

const graphOf = (name: string) => restoreGraph(name, { tileSize: 256 })
const pixels = async (name: string) =>
  sharp(await savedImage(host, await runPrompt(host, graphOf(name)), 'save'))
    .raw()
    .toBuffer()
const queue = async () => {
  const { queue_running: running, queue_pending: pending } = (await (
    await fetch(`${host.url}/queue`)
  ).json()) as Record<string, [number, string][]>
  return { running: running!.map(([, id]) => id), pending: pending!.map(([, id]) => id) }
}
const submit = async (name: string) => {
  const { body } = await post(host, '/prompt', { prompt: graphOf(name) })
  return (body as { prompt_id: string }).prompt_id
}
const stateOf = async (id: string) =>
  ((await (await fetch(`${host.url}/api/jobs/${id}`)).json()) as { status: string }).status
const ended = (id: string, state: string) => waitUntil(async () => (await stateOf(id)) === state)

test('as many are under way as the flag says, and each makes what it makes alone', async () => {
  const alone: Buffer[] = []
  for (const name of names) alone.push(await pixels(name))
  let most = 0
  let isOver = false
  const watching = (async () => {
    while (!isOver) most = Math.max(most, (await queue()).running.length)
  })()
  const together = await Promise.all(names.map(pixels))
  isOver = true
  await watching
  expect(most).toBe(2)
  for (const [i, own] of together.entries()) expect(own.equals(alone[i]!)).toBe(true)
})

test('one is cancelled while another goes on, and the next takes its place', async () => {
  const ids = await Promise.all(names.map(submit))
  await waitUntil(async () => (await queue()).running.length === 2)
  const { running, pending } = await queue()
  expect([...running, ...pending].sort()).toEqual([...ids].sort())
  await post(host, `/api/jobs/${running[0]}/cancel`, {})
  await ended(running[0]!, 'cancelled')
  for (const id of [running[1]!, pending[0]!]) await ended(id, 'completed')
})

test('an interruption of none in particular is of all that are under way', async () => {
  const ids = await Promise.all(names.map(submit))
  await waitUntil(async () => (await queue()).running.length === 2)
  const { running } = await queue()
  await post(host, '/interrupt', {})
  for (const id of running) await ended(id, 'cancelled')
  for (const id of ids) if (!running.includes(id)) await ended(id, 'completed')
})
