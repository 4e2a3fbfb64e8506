import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FakeHost, fakeGraph, get, Listener, post, startFakeHost, until } from '../runs/fake-host.ts'

let host: FakeHost
beforeAll(async () => {
  host = await startFakeHost()
})
afterAll(() => host.stop())

describe('the messages of a run', () => {
  test('come in ComfyUI’s order, and the history is there at the end', async () => {
    const listener = await Listener.open(host, 'order')
    const { body } = await post(host, '/prompt', { prompt: fakeGraph('succeed'), client_id: 'order' })
    expect(body).toMatchObject({ number: 0, node_errors: {} })
    await listener.end(body.prompt_id)
    const { body: history } = await get(host, `/history/${body.prompt_id}`)
    expect(listener.types).toEqual([
      'status',
      'status',
      'status',
      'execution_start',
      'execution_cached',
      'progress_state',
      'executing',
      'executed',
      'progress_state',
      'execution_success',
      'status',
      'executing',
    ])
    expect(history[String(body.prompt_id)]).toMatchObject({
      prompt: [0, body.prompt_id, fakeGraph('succeed'), { client_id: 'order' }, ['1']],
      outputs: { 1: { images: [{ filename: '1.png', subfolder: '', type: 'output' }] } },
      status: {
        status_str: 'success',
        completed: true,
        messages: [
          ['execution_start', {}],
          ['execution_cached', { nodes: [] }],
          ['execution_success', {}],
        ],
      },
      meta: { 1: { node_id: '1', display_node: '1', parent_node: null, real_node_id: '1' } },
    })
    await listener.close()
  })

  test('a run that fails ends with execution_error, status and executing null', async () => {
    const listener = await Listener.open(host, 'fails')
    const { body } = await post(host, '/prompt', { prompt: fakeGraph('fail'), client_id: 'fails' })
    await listener.end(body.prompt_id)
    expect(listener.types.slice(-3)).toEqual(['execution_error', 'status', 'executing'])
    expect((await listener.until('execution_error')).data).toMatchObject({
      prompt_id: body.prompt_id,
      node_id: '1',
      node_type: 'Fake',
      executed: [],
      exception_message: 'No.\n',
      exception_type: 'invalid_input',
      traceback: ['Do not.\n'],
      current_inputs: { behaviour: ['fail'] },
      current_outputs: [],
      code: 'invalid_input',
      remedy: 'Do not.',
    })
    await listener.close()
  })

  test('a run that is interrupted says where it was', async () => {
    const listener = await Listener.open(host, 'stops')
    const { body } = await post(host, '/prompt', { prompt: fakeGraph('steps 1000'), client_id: 'stops' })
    await listener.until('progress')
    await post(host, '/interrupt', '')
    await listener.end(body.prompt_id)
    expect((await listener.until('execution_interrupted')).data).toMatchObject({ node_id: '1', node_type: 'Fake' })
    await listener.close()
  })

  test('who reconnects hears where the run is', async () => {
    const { body } = await post(host, '/prompt', { prompt: fakeGraph('steps 100'), client_id: 'back' })
    const first = await Listener.open(host, 'back')
    await first.until('progress')
    await first.close()
    const second = await Listener.open(host, 'back')
    await second.until('progress')
    expect(second.heard[1]).toEqual({ type: 'executing', data: { node: '1' } })
    await post(host, '/interrupt', { prompt_id: body.prompt_id })
    await second.end(body.prompt_id)
    await second.close()
  })

  test('a preview comes with its node to who asked for that, plain to others', async () => {
    const plain = await Listener.open(host, 'plain')
    const asking = await Listener.open(host, 'asking')
    asking.send({ type: 'feature_flags', data: { supports_preview_metadata: true } })
    expect((await asking.until('feature_flags')).data).toEqual({
      supports_preview_metadata: true,
      max_upload_size: 104_857_600,
      max_pixels: 100_000_000,
    })
    for (const client of ['plain', 'asking']) {
      await post(host, '/prompt', { prompt: fakeGraph('preview'), client_id: client })
    }
    const [old] = await until(() => (plain.frames.length > 0 ? plain.frames : undefined))
    const [fresh] = await until(() => (asking.frames.length > 0 ? asking.frames : undefined))
    expect(old!.toString('hex')).toBe('0000000100000001ffd8ff')
    expect(fresh!.readUInt32BE(0)).toBe(4)
    await plain.close()
    await asking.close()
  })
})

describe('one client id, two sockets', () => {
  test('the newer one takes over, and keeps hearing when the older one closes', async () => {
    const older = await Listener.open(host, 'same')
    const newer = await Listener.open(host, 'same')
    await older.close()
    const { body } = await post(host, '/prompt', { prompt: fakeGraph('succeed'), client_id: 'same' })
    await newer.end(body.prompt_id)
    await newer.close()
  })

  test('the older one hears again when the newer one closes', async () => {
    const older = await Listener.open(host, 'again')
    const newer = await Listener.open(host, 'again')
    await newer.close()
    const { body } = await post(host, '/prompt', { prompt: fakeGraph('succeed'), client_id: 'again' })
    await older.end(body.prompt_id)
    await older.close()
  })
})
