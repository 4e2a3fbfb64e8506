import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FakeHost, fakeGraph, get, post, startFakeHost, until } from '../runs/fake-host.ts'

let host: FakeHost
beforeAll(async () => {
  host = await startFakeHost()
})
afterAll(() => host.stop())

const ended = (id: unknown) =>
  until(async () => (await get(host, `/history/${id}`)).body[String(id)] as Record<string, unknown> | undefined)

/** A run that keeps the runner busy until it is interrupted. */
async function occupy(): Promise<string> {
  const { body } = await post(host, '/prompt', { prompt: fakeGraph('steps 100000') })
  await until(async () => ((await get(host, '/queue')).body.queue_running as unknown[])[0])
  return String(body.prompt_id)
}

async function release(id: string): Promise<void> {
  await post(host, '/interrupt', '')
  await ended(id)
}

describe('POST /prompt', () => {
  test('reads JSON whatever the content type says, with and without /api', async () => {
    for (const path of ['/prompt', '/api/prompt']) {
      for (const type of ['application/json', 'text/plain', 'application/octet-stream']) {
        const { status, body } = await post(host, path, { prompt: fakeGraph('succeed') }, { 'content-type': type })
        expect(status).toBe(200)
        expect(await ended(body.prompt_id)).toMatchObject({ status: { completed: true } })
      }
    }
  })

  test('takes a graph in the UI format, and its files carry it', async () => {
    const workflow = {
      version: 0.4,
      last_node_id: 1,
      last_link_id: 0,
      nodes: [{ id: 1, type: 'Fake', pos: [0, 0], size: [1, 1], widgets_values: ['succeed'] }],
      links: [],
    }
    for (const sent of [{ prompt: workflow }, workflow]) {
      const { status, body } = await post(host, '/prompt', sent)
      expect(status).toBe(200)
      expect(await ended(body.prompt_id)).toMatchObject({
        prompt: [body.number, body.prompt_id, { 1: { class_type: 'Fake' } }, { extra_pnginfo: { workflow } }, ['1']],
      })
    }
  })

  test('takes a workflow by the name that it was saved under, and its files carry it', async () => {
    const nodes = [{ id: 1, type: 'Fake', pos: [0, 0], size: [1, 1], widgets_values: ['succeed'] }]
    const workflow = { version: 0.4, last_node_id: 1, last_link_id: 0, nodes, links: [] }
    await post(host, '/userdata/workflows%2Fmine%2Ffake.json', workflow).catch(() => undefined)
    const { status, body } = await post(host, '/prompt', { workflow: 'mine/fake', set: ['behaviour=text'] })
    expect(status).toBe(200)
    expect(await ended(body.prompt_id)).toMatchObject({
      prompt: { 2: { 1: { inputs: { behaviour: 'text' } } }, 3: { extra_pnginfo: { workflow } } },
    })
    expect(await post(host, '/prompt', { workflow: 'other/fake' })).toMatchObject({
      status: 400,
      body: { error: { type: 'workflow_not_found', message: "There is no workflow 'other/fake'." } },
    })
    const graph = await post(host, '/prompt', { workflow: fakeGraph('succeed') })
    expect(await ended(graph.body.prompt_id)).toMatchObject({ status: { completed: true } })
  })

  test('takes a number for a client id, and keeps it as the text that a socket has', async () => {
    const { body } = await post(host, '/prompt', { prompt: fakeGraph('succeed'), client_id: 12345 })
    expect(await ended(body.prompt_id)).toMatchObject({ prompt: { 3: { client_id: '12345' } } })
  })

  test.each(['.', '..'])('refuses the id %s, by which no address would lead to the run', async (id) => {
    for (const path of ['/prompt', '/api/runs']) {
      expect(await post(host, path, { prompt: fakeGraph('succeed'), prompt_id: id })).toMatchObject({
        status: 400,
        body: { error: { message: "'prompt_id' does not fit: an address cannot hold '.' or '..'." } },
      })
    }
  })

  test('applies settings', async () => {
    const { body } = await post(host, '/prompt', { prompt: fakeGraph('succeed'), set: ['1.behaviour=fail'] })
    expect(await ended(body.prompt_id)).toMatchObject({ status: { status_str: 'error' } })
  })

  test('returns the number as sent, and negates it for front', async () => {
    const busy = await occupy()
    const sent = await post(host, '/prompt', { prompt: fakeGraph('succeed'), number: 12.5 })
    expect(sent.body.number).toBe(12.5)
    const front = await post(host, '/prompt', { prompt: fakeGraph('succeed'), front: true })
    expect(front.body.number).toBeLessThan(0)
    const pending = (await get(host, '/queue')).body.queue_pending as unknown[][]
    expect(pending.map(([, id]) => id)).toEqual([front.body.prompt_id, sent.body.prompt_id])
    await release(busy)
    await ended(sent.body.prompt_id)
  })

  test('keeps the client’s own id, takes it for the same run while it is queued, and refuses another', async () => {
    const busy = await occupy()
    expect(await post(host, '/prompt', { prompt: fakeGraph('succeed'), prompt_id: 'own' })).toMatchObject({
      status: 200,
      body: { prompt_id: 'own' },
    })
    expect(await post(host, '/prompt', { prompt: fakeGraph('succeed'), prompt_id: 'own' })).toMatchObject({
      status: 200,
      body: { prompt_id: 'own' },
    })
    expect((await get(host, '/queue')).body.queue_pending).toHaveLength(1)
    expect((await post(host, '/prompt', { prompt: fakeGraph('fail'), prompt_id: 'own' })).status).toBe(400)
    await release(busy)
    await ended('own')
  })

  test('takes a workflow that is sent again for the same run, though its files are named by the second', async () => {
    const nodes = [{ id: 1, type: 'Fake', pos: [0, 0], size: [1, 1], widgets_values: ['file dated', '%date:hhmmss%'] }]
    const sent = { prompt: { version: 0.4, last_node_id: 1, last_link_id: 0, nodes, links: [] }, prompt_id: 'dated' }
    const busy = await occupy()
    const first = await post(host, '/prompt', sent)
    await sleep(1100)
    expect(await post(host, '/prompt', sent)).toEqual(first)
    expect((await get(host, '/queue')).body.queue_pending).toHaveLength(1)
    await release(busy)
    const record = await ended('dated')
    expect(record).toMatchObject({
      prompt: { 2: { 1: { inputs: { filename_prefix: expect.stringMatching(/^\d{6}$/) } } } },
    })
    const { body } = await post(host, '/api/runs?wait=30', sent)
    expect(body.status).toBe('completed')
    expect(await ended('dated')).toEqual(record)
    await post(host, '/prompt', sent)
    const again = await until(async () => {
      const found = await ended('dated')
      return JSON.stringify(found) === JSON.stringify(record) ? undefined : found
    })
    expect(Object(again.prompt)[2]).not.toEqual(Object(record.prompt)[2])
  })

  test.each<[string, unknown, string]>([
    ['no prompt', {}, 'no_prompt'],
    ['an empty body', '', 'no_prompt'],
    ['a prompt without outputs', { prompt: {} }, 'prompt_no_outputs'],
    ['an unknown node', { prompt: { 1: { class_type: 'Nope', inputs: {} } } }, 'invalid_prompt'],
    ['a node without a class', { prompt: { 1: { inputs: {} } } }, 'invalid_prompt'],
    ['a prompt that is null', { prompt: null }, 'invalid_prompt'],
    ['a workflow that is damaged', { prompt: { nodes: [{ id: {} }] } }, 'workflow_invalid'],
    ['a number that is none', { prompt: fakeGraph('succeed'), number: 'soon' }, 'invalid_input'],
    ['a number too large to count with', { prompt: fakeGraph('succeed'), number: '9'.repeat(310) }, 'invalid_input'],
  ])('answers 400 to %s', async (_name, body, type) => {
    expect(await post(host, '/prompt', body)).toMatchObject({
      status: 400,
      body: {
        error: { type, message: expect.any(String), details: expect.any(String), extra_info: {} },
        node_errors: {},
      },
    })
  })

  test.each(['{', '"text', '[1,', '\u0000'])('answers 400 to the bad JSON %j', async (text) => {
    const { status, body } = await post(host, '/prompt', text)
    expect(status).toBe(400)
    expect(body.error).toMatchObject({ message: expect.stringContaining('JSON') })
  })

  test('answers 413 to a body beyond the cap', async () => {
    expect((await post(host, '/prompt', { prompt: 'x'.repeat(9_000_000) })).status).toBe(413)
  })

  test('a chain of 5000 nodes is accepted', async () => {
    const chain = Object.fromEntries(
      Array.from({ length: 5000 }, (_, i) => [
        `${i}`,
        { class_type: 'Fake', inputs: { behaviour: 'succeed', ...(i === 0 ? {} : { image: [`${i - 1}`, 0] }) } },
      ]),
    )
    const { status, body } = await post(host, '/prompt', { prompt: chain, partial_execution_targets: ['4999'] })
    expect(status).toBe(200)
    await ended(body.prompt_id)
  })
})

describe('the queue', () => {
  test('is counted by GET /prompt and emptied by POST /queue', async () => {
    const busy = await occupy()
    const ids = []
    for (let i = 0; i < 3; i++) ids.push((await post(host, '/prompt', { prompt: fakeGraph('succeed') })).body.prompt_id)
    expect((await get(host, '/prompt')).body).toEqual({ exec_info: { queue_remaining: 4 } })
    expect(await post(host, '/queue', { delete: [ids[1], 'unknown', busy] })).toEqual({ status: 200, body: {} })
    expect((await get(host, '/prompt')).body).toEqual({ exec_info: { queue_remaining: 3 } })
    expect((await get(host, `/api/jobs/${ids[1]}`)).body).toMatchObject({ status: 'cancelled' })
    await post(host, '/queue', { clear: true })
    expect((await get(host, '/queue')).body).toMatchObject({
      queue_running: [[expect.any(Number), busy]].map((i) => expect.arrayContaining(i)),
      queue_pending: [],
    })
    await release(busy)
  })

  test('POST /interrupt with another id changes nothing', async () => {
    const busy = await occupy()
    expect(await post(host, '/interrupt', { prompt_id: 'other' })).toEqual({ status: 200, body: {} })
    expect(((await get(host, '/queue')).body.queue_running as unknown[]).length).toBe(1)
    await release(busy)
  })

  test('a run is at every moment in the queue or in the history', async () => {
    const ids = []
    for (let i = 0; i < 20; i++)
      ids.push(String((await post(host, '/prompt', { prompt: fakeGraph('succeed') })).body.prompt_id))
    const last = ids.at(-1)!
    for (let done = false; !done; ) {
      const queue = JSON.stringify((await get(host, '/queue')).body)
      const record = (await get(host, `/history/${last}`)).body
      done = last in record
      expect(done || queue.includes(last)).toBe(true)
    }
  })
})

describe('the history', () => {
  test('is forgotten by id and as a whole', async () => {
    const { body } = await post(host, '/prompt', { prompt: fakeGraph('succeed'), prompt_id: 'forget' })
    await ended(body.prompt_id)
    expect(await post(host, '/history', { delete: ['forget'] })).toEqual({ status: 200, body: {} })
    expect((await get(host, '/history/forget')).body).toEqual({})
    expect(Object.keys((await get(host, '/history?max_items=2')).body).length).toBe(2)
    expect((await get(host, '/history?max_items=x')).status).toBe(400)
    await post(host, '/history', { clear: true })
    expect((await get(host, '/history')).body).toEqual({})
  })
})
