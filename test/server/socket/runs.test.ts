import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeFrame, encodeFrame } from '../../../server/protocol/frames.ts'
import { type FakeHost, fakeGraph, Listener, startFakeHost } from '../runs/fake-host.ts'

let host: FakeHost
beforeAll(async () => {
  host = await startFakeHost()
})
afterAll(() => host.stop())

const picture = (name: string, ...bytes: number[]) =>
  encodeFrame({ type: 'attachment', metadata: { name }, bytes: Uint8Array.from(bytes) })

describe('a run over the socket', () => {
  test('takes its pictures along and brings the results back before it succeeds', async () => {
    const listener = await Listener.open(host, 'round-trip')
    listener.send(picture('a.jpg', 1, 2, 3))
    listener.send(picture('b.jpg', 4))
    listener.send({ type: 'run', data: { id: 'mine', workflow: fakeGraph('result') } })
    const { data } = await listener.until('run_accepted')
    expect(data).toMatchObject({ id: 'mine', node_errors: {} })
    await listener.end(data.prompt_id)
    expect(listener.frames.map((frame) => decodeFrame(frame))).toMatchObject([
      { type: 'result', metadata: { prompt_id: data.prompt_id, node_id: '1', index: 0, filename: 'a.jpg.png' } },
      { type: 'result', metadata: { filename: 'b.jpg.png' } },
    ])
    expect(decodeFrame(listener.frames[0]!)).toMatchObject({ bytes: Buffer.from([1, 2, 3]) })
    expect(listener.types.lastIndexOf(17)).toBeLessThan(listener.types.indexOf('execution_success'))
    expect(await readdir(join(host.data, 'output'))).toEqual([])
    await listener.close()
  })

  test('several runs on one socket keep their own pictures and their order', async () => {
    const listener = await Listener.open(host, 'several')
    for (const [index, name] of ['x', 'y', 'z'].entries()) {
      listener.send(picture(name, index))
      listener.send({ type: 'run', data: { id: name, workflow: fakeGraph('result') } })
    }
    const { data } = await listener.until('run_accepted', ({ id }) => id === 'z')
    await listener.end(data.prompt_id)
    const names = listener.frames
      .map((frame) => decodeFrame(frame))
      .map((frame) => 'metadata' in frame && frame.metadata)
    expect(names).toMatchObject([{ filename: 'x.png' }, { filename: 'y.png' }, { filename: 'z.png' }])
    await listener.close()
  })

  test('settings change the graph', async () => {
    const listener = await Listener.open(host, 'settings')
    listener.send({ type: 'run', data: { workflow: fakeGraph('succeed'), set: ['Fake.behaviour=fail'] } })
    await listener.until('execution_error')
    await listener.close()
  })

  test('is of a workflow by its name, too', async () => {
    const body = JSON.stringify(fakeGraph('succeed'))
    await fetch(`${host.url}/userdata/${encodeURIComponent('workflows/by name.json')}`, { method: 'POST', body })
    const listener = await Listener.open(host, 'named')
    listener.send({ type: 'run', data: { workflow: 'by name', set: ['behaviour=fail'] } })
    expect((await listener.until('execution_error')).data).toMatchObject({ node_type: 'Fake' })
    listener.send({ type: 'run', data: { id: 'wrong', workflow: 'by nmae' } })
    expect((await listener.until('run_rejected')).data).toMatchObject({
      id: 'wrong',
      error: { message: "There is no workflow 'by nmae'.", details: expect.stringContaining('by name') },
    })
    await listener.close()
  })

  test('takes files of the editor, of either version and with subgraphs', async () => {
    const listener = await Listener.open(host, 'files')
    const inside = { id: 1, type: 'Fake', widgets_values: ['succeed'] }
    const definition = {
      id: 'part',
      name: 'Part',
      version: 1,
      nodes: [inside],
      links: [],
      inputNode: {},
      outputNode: {},
    }
    for (const [id, workflow] of Object.entries({
      old: { version: 0.4, last_node_id: 1, last_link_id: 0, nodes: [inside], links: [] },
      new: { version: 1, state: {}, nodes: [inside], links: [] },
      nested: { version: 1, nodes: [{ id: 7, type: 'part' }], links: [], definitions: { subgraphs: [definition] } },
    })) {
      listener.send({ type: 'run', data: { id, workflow } })
      const { data } = await listener.until('run_accepted', (accepted) => accepted.id === id)
      await listener.end(data.prompt_id)
    }
    listener.send({
      type: 'run',
      data: {
        id: 'linked',
        workflow: {
          nodes: [
            { id: 1, type: 'Nobodys' },
            { id: 2, type: 'Fake' },
          ],
          links: [[1, 1, 0, 2, 0]],
        },
      },
    })
    const { data } = await listener.until('run_rejected', ({ id }) => id === 'linked')
    expect(data).toMatchObject({ error: { message: expect.stringContaining('Nobodys'), details: "Node ID '#1'" } })
    await listener.close()
  })

  test('a graph that loads a picture that did not come is rejected', async () => {
    const listener = await Listener.open(host, 'missing')
    const workflow = {
      1: { class_type: 'LoadImage', inputs: { image: 'photo.jpg' } },
      2: { class_type: 'Fake', inputs: { image: ['1', 0], behaviour: 'succeed' } },
    }
    listener.send({ type: 'run', data: { id: 'without', workflow } })
    const { data } = await listener.until('run_rejected')
    expect(data).toMatchObject({
      id: 'without',
      error: { type: 'prompt_outputs_failed_validation' },
      node_errors: { 1: { errors: [{ type: 'custom_validation_failed' }] } },
    })
    listener.send(picture('photo.jpg', 1))
    listener.send({ type: 'run', data: { id: 'with', workflow } })
    await listener.until('run_accepted', ({ id }) => id === 'with')
    await listener.close()
  })

  test('a picture that cannot be read rejects the run that follows, and only that one', async () => {
    const listener = await Listener.open(host, 'broken-frame')
    listener.send(Uint8Array.of(0, 0, 0, 16, 255, 255, 255, 255, 1))
    listener.send({ type: 'run', data: { id: 'first', workflow: fakeGraph('succeed') } })
    listener.send({ type: 'run', data: { id: 'second', workflow: fakeGraph('succeed') } })
    const { data } = await listener.until('run_rejected')
    expect(data).toMatchObject({ id: 'first', error: { extra_info: { remedy: expect.any(String) } } })
    await listener.until('run_accepted', ({ id }) => id === 'second')
    await listener.close()
  })

  test.each([[7], [null], ['text'], [[]], [{}], [{ nodes: [{}] }], [{ 1: null }]])(
    'the workflow %j is rejected, and the socket lives on',
    async (workflow) => {
      const listener = await Listener.open(host, `hostile-${JSON.stringify(workflow)}`)
      listener.send({ type: 'run', data: { workflow, set: [] } })
      await listener.until('run_rejected')
      listener.send({ type: 'ping' })
      await listener.until('pong')
      await listener.close()
    },
  )
})

test('a ping is answered at once while a run is under way', async () => {
  const listener = await Listener.open(host, 'ping')
  listener.send({ type: 'run', data: { workflow: fakeGraph('steps 10') } })
  await listener.until('progress')
  const start = performance.now()
  listener.send({ type: 'ping' })
  await listener.until('pong')
  expect(performance.now() - start).toBeLessThan(100)
  await listener.close()
})

test('what is not JSON or not known is ignored', async () => {
  const listener = await Listener.open(host, 'ignored')
  listener.socket.send('{')
  listener.send({ type: 'unknown' })
  listener.send({ type: 'ping' })
  await listener.until('pong')
  expect(listener.types).toEqual(['status', 'pong'])
  await listener.close()
})
