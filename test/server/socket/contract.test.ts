import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { decodeFrame } from '../../../server/protocol/frames.ts'
import { serverMessageSchema } from '../../../server/protocol/messages.ts'
import { type FakeHost, fakeGraph, get, Listener, post, startFakeHost, until } from '../runs/fake-host.ts'

/** ComfyUI's messages, beside their order (order.test.ts). */

let host: FakeHost
beforeAll(async () => {
  host = await startFakeHost()
  await host.ready()
})
afterAll(() => host.stop())

describe.each(['/ws', '/api/ws'])('%s', (path) => {
  const open = async (query: string) => {
    const socket = new WebSocket(host.url.replace('http', 'ws') + path + query)
    const first = await new Promise<string>((resolve, reject) => {
      socket.once('message', (data) => resolve(String(data)))
      socket.once('error', reject)
    })
    socket.terminate()
    return JSON.parse(first)
  }

  test('begins with the status and the id of the client, or a new one', async () => {
    expect(await open('?clientId=me')).toEqual({
      type: 'status',
      data: { status: { exec_info: { queue_remaining: 0 } }, sid: 'me' },
    })
    for (const query of ['', '?clientId=']) {
      expect((await open(query)).data.sid).toMatch(/^[0-9a-f]{32}$/)
    }
  })
})

test('every message of a run fits the schema that clients read it with', async () => {
  const listener = await Listener.open(host, 'schema')
  listener.send({ type: 'feature_flags', data: {} })
  for (const behaviour of ['steps 2', 'preview', 'text', 'warn', 'fail']) {
    const { body } = await post(host, '/prompt', { prompt: fakeGraph(behaviour), client_id: 'schema' })
    await listener.end(body.prompt_id)
  }
  for (const message of listener.messages) {
    expect(serverMessageSchema.safeParse(message)).toMatchObject({ success: true, data: message })
  }
  await listener.close()
})

test('what a run says goes to its client only, its status to everybody', async () => {
  const [mine, other] = [await Listener.open(host, 'mine'), await Listener.open(host, 'other')]
  const { body } = await post(host, '/prompt', { prompt: fakeGraph('preview'), client_id: 'mine' })
  await mine.end(body.prompt_id)
  const nobodys = await post(host, '/prompt', { prompt: fakeGraph('steps 3') })
  await until(async () => Object.keys((await get(host, `/history/${nobodys.body.prompt_id}`)).body)[0])
  expect(new Set(other.types)).toEqual(new Set(['status']))
  expect(mine.messages.filter(({ data }) => data.prompt_id === nobodys.body.prompt_id)).toEqual([])
  await mine.close()
  await other.close()
})

test('everybody hears of the interruption of a run that has no client', async () => {
  const other = await Listener.open(host, 'bystander')
  const { body } = await post(host, '/prompt', { prompt: fakeGraph('steps 1000') })
  await until(async () => ((await get(host, '/queue')).body.queue_running as unknown[])[0])
  await post(host, '/interrupt', '')
  expect((await other.until('execution_interrupted')).data).toMatchObject({ prompt_id: body.prompt_id, executed: [] })
  await other.close()
})

test('a line of text comes as frame 3, with its node', async () => {
  const listener = await Listener.open(host, 'text')
  const { body } = await post(host, '/prompt', { prompt: fakeGraph('text', '2'), client_id: 'text' })
  await listener.end(body.prompt_id)
  expect(listener.frames.map((frame) => frame.toString('hex'))).toEqual([
    `000000030000000132${Buffer.from('half way').toString('hex')}`,
  ])
  expect(decodeFrame(listener.frames[0]!)).toEqual({ type: 'text', node: '2', text: 'half way' })
  await listener.close()
})

test('a warning comes as a line of text, and as a message that the history keeps', async () => {
  const listener = await Listener.open(host, 'warned')
  const { body } = await post(host, '/prompt', { prompt: fakeGraph('warn', '2'), client_id: 'warned' })
  await listener.end(body.prompt_id)
  expect(listener.frames.map(decodeFrame)).toEqual([{ type: 'text', node: '2', text: 'it is damaged' }])
  const { data } = await listener.until('execution_warning')
  expect(data).toMatchObject({ prompt_id: body.prompt_id, node_id: '2', text: 'it is damaged' })
  const { body: kept } = await get(host, `/api/jobs/${body.prompt_id}`)
  expect(kept.execution_status).toMatchObject({ messages: expect.arrayContaining([['execution_warning', data]]) })
  await listener.close()
})

test('progress_state has every field of ComfyUI’s, for all nodes that are not waiting', async () => {
  const listener = await Listener.open(host, 'state')
  const graph = { ...fakeGraph('succeed', '1'), ...fakeGraph('steps 2', '2') }
  const { body } = await post(host, '/prompt', { prompt: graph, client_id: 'state' })
  await listener.end(body.prompt_id)
  const states = listener.messages.filter(({ type }) => type === 'progress_state')
  const node = (id: string, state: string, value: number, max: number) => ({
    value,
    max,
    state,
    node_id: id,
    prompt_id: body.prompt_id,
    display_node_id: id,
    parent_node_id: null,
    real_node_id: id,
  })
  expect(states[0]!.data).toEqual({ prompt_id: body.prompt_id, nodes: { 1: node('1', 'running', 0, 1) } })
  expect(states.at(-1)!.data.nodes).toEqual({ 1: node('1', 'finished', 1, 1), 2: node('2', 'finished', 2, 2) })
  await listener.close()
})

test('who subscribes to the log hears every line of it, until it no longer wants to', async () => {
  const [reader, other] = [await Listener.open(host, 'reader'), await Listener.open(host, 'not-reader')]
  const subscribe = (enabled: boolean) =>
    fetch(`${host.url}/internal/logs/subscribe`, {
      method: 'PATCH',
      body: JSON.stringify({ clientId: 'reader', enabled }),
    })
  expect(await (await subscribe(true)).json()).toEqual({})
  // The end of its runner is a thing that a host says.
  const { body } = await post(host, '/prompt', { prompt: fakeGraph('crash') })
  const { data } = await reader.until('logs')
  expect(data).toEqual({
    entries: [{ t: expect.stringMatching(/^\d{4}-/), m: expect.stringMatching(/runner process ended.*\n$/s) }],
    size: { cols: expect.any(Number), rows: expect.any(Number) },
  })
  await until(async () => Object.keys((await get(host, `/history/${body.prompt_id}`)).body)[0])
  await subscribe(false)
  const heard = reader.messages.filter(({ type }) => type === 'logs').length
  const again = await post(host, '/prompt', { prompt: fakeGraph('crash') })
  await until(async () => Object.keys((await get(host, `/history/${again.body.prompt_id}`)).body)[0])
  expect(reader.messages.filter(({ type }) => type === 'logs').length).toBe(heard)
  expect(other.types).not.toContain('logs')
  await reader.close()
  await other.close()
})
