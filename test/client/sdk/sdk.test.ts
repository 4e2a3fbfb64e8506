import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import {
  type FolderType,
  Gendr,
  HostError,
  type Job,
  type KnownFile,
  type NodeError,
  RunError,
  type RunEvent,
  type WholeJob,
} from '../../../client/sdk/index.ts'
import type { jobSchema, knownFileSchema, nodeErrorsSchema, wholeJobSchema } from '../../../server/protocol/answers.ts'
import { picturesOf } from '../../../server/runs/job.ts'
import { unzip } from '../../server/http/unzip.ts'
import { type FakeHost, fakeGraph, get, Listener, post, startFakeHost, until } from '../../server/runs/fake-host.ts'

/** The client for programs. */

let host: FakeHost
let gendr: Gendr
beforeAll(async () => {
  host = await startFakeHost()
  await host.ready()
  gendr = new Gendr(host.url)
})
afterAll(() => host.stop())

describe('a run', () => {
  test('is of a workflow by its name, too', async () => {
    await gendr.request('/userdata/workflows%2Fsaved.json', {
      method: 'POST',
      body: JSON.stringify(fakeGraph('succeed')),
    })
    const run = await gendr.run('saved', { set: ['Fake.behaviour=file named'] })
    expect((await run.result()).images).toMatchObject([{ filename: 'named.png' }])
    await expect(gendr.run('svaed')).rejects.toMatchObject({ type: 'workflow_not_found', status: 400 })
  })

  test('gives its pictures and times when it has ended, and its messages until then', async () => {
    const run = await gendr.run(fakeGraph('file sdk'))
    const heard: RunEvent[] = []
    const result = await run.result({ onEvent: (event) => heard.push(event) })
    expect(result).toMatchObject({
      id: run.id,
      status: 'completed',
      images: [{ node: '1', filename: 'sdk.png', type: 'output' }],
      times: { queued: expect.any(Number), run: expect.any(Number), nodes: { 1: expect.any(Number) } },
    })
    expect(heard[0]!.type).toBe('execution_start')
    expect(heard.at(-1)).toMatchObject({ type: 'executing', data: { node: null } })
    expect(new TextDecoder().decode(await gendr.download(result.images[0]))).toBe('a file of sdk')
  })

  test('that fails throws what it failed with', async () => {
    const run = await gendr.run(fakeGraph('fail'))
    const error = await run.result().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(RunError)
    const said = { message: 'No.', code: 'invalid_input', remedy: 'Do not.' }
    expect(error).toMatchObject({ ...said, node: '1', result: { status: 'failed' } })
  })

  test('can be cancelled while it runs and while it waits, and whoever waits for it is told', async () => {
    const [running, waiting] = [await gendr.run(fakeGraph('steps 1000')), await gendr.run(fakeGraph('succeed'))]
    const ends = [running, waiting].map((run) => run.result().catch((error: unknown) => error))
    await until(async () => ((await running.state()).status === 'in_progress' ? true : undefined))
    expect(await waiting.cancel()).toBe(true)
    expect(await running.cancel()).toBe(true)
    for (const end of ends) expect(await end).toMatchObject({ name: 'RunError', result: { status: 'cancelled' } })
    expect(await running.cancel()).toBe(false)
  })

  test('takes settings, an id, a place in the queue and a workflow', async () => {
    const busy = await gendr.run(fakeGraph('steps 1000'))
    const last = await gendr.run(fakeGraph('fail'), {
      id: 'my-own',
      set: ['1.behaviour=succeed'],
      workflow: { mine: 1 },
    })
    const first = await gendr.run(fakeGraph('succeed'), { front: true })
    const { body } = await get(host, '/queue')
    expect((body.queue_pending as unknown[][]).map(([, id]) => id)).toEqual([first.id, 'my-own'])
    await busy.cancel()
    await last.result()
    expect((await get(host, '/history/my-own')).body).toMatchObject({
      'my-own': { prompt: [expect.any(Number), 'my-own', {}, { extra_pnginfo: { workflow: { mine: 1 } } }, ['1']] },
    })
  })

  test('that is refused says why, node by node', async () => {
    const { 1: saving } = fakeGraph('succeed')
    const graph = {
      a: { class_type: 'Typed', inputs: { count: 1, scale: 1, few: 'area', many: 'choice 0' } },
      b: { ...saving, inputs: { ...saving!.inputs, image: ['a', 0] } },
    }
    const error = await gendr.run(graph).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(HostError)
    expect(error).toMatchObject({
      status: 400,
      type: 'prompt_outputs_failed_validation',
      message: 'Typed (a): Required input is missing: image',
      remedy: "Link 'image' to an output of type IMAGE.",
      nodeErrors: { a: { class_type: 'Typed' } },
    })
  })

  test('is run once under its own id, however often it is sent', async () => {
    const graph = fakeGraph('file once')
    const run = await gendr.run(graph, { id: 'order' })
    const result = await run.result()
    const [made, again] = [await run.state(), await gendr.run(graph, { id: 'order' })]
    expect(await again.result()).toEqual(result)
    expect((await again.state()).create_time).toBe(made.create_time)
  })

  test('of which the host was not heard to take it is sent again only under its own id', async () => {
    let sent = 0
    const deaf = new Gendr(host.url, {
      fetch: async (input, init) => {
        const response = await fetch(input, init)
        if (init?.method === 'POST' && sent++ === 0) throw new TypeError('ECONNRESET')
        return response
      },
    })
    const { total } = await gendr.history()
    await expect(deaf.run(fakeGraph('succeed'))).rejects.toMatchObject({ status: 0 })
    expect(sent).toBe(1)
    sent = 0
    await (await deaf.run(fakeGraph('succeed'), { id: 'unheard' })).result()
    expect([sent, (await gendr.history()).total]).toEqual([2, total + 2])
    sent = 0
    await expect(deaf.run(fakeGraph('succeed'), { id: 'impatient', patience: 0 })).rejects.toMatchObject({ status: 0 })
  })

  test('that has failed by the time the host answers was taken all the same', async () => {
    const failed = { id: 'mine', status: 'failed', outputs: [], error: {}, node_errors: {} }
    const fetched = async () => Response.json(failed, { status: 500 })
    expect((await new Gendr('http://host', { fetch: fetched }).run({}, { id: 'mine' })).id).toBe('mine')
  })

  test('gives its pictures as POST /api/runs does: what was saved first', async () => {
    const picture = (filename: string, type: FolderType) => ({ filename, subfolder: '', type })
    const outputs = {
      0: { images: [picture('preview.png', 'temp')] },
      1: { a_images: [picture('before.png', 'temp')], b_images: [picture('after.png', 'temp')] },
      2: { images: [picture('saved.png', 'output')], text: ['said'] },
    }
    const stream = 'id: 1\nevent: executing\ndata: {"node":null}\n\n'
    const fetched: typeof fetch = async (input) =>
      String(input).endsWith('/events')
        ? new Response(stream)
        : Response.json({ id: 'a', status: 'completed', outputs, times: {} })
    const { images } = await new Gendr('http://host', { fetch: fetched }).attach('a').result()
    expect(images[0]!.filename).toBe('saved.png')
    expect(images).toEqual(picturesOf(outputs).map(({ nodeId, mediaType, ...file }) => ({ ...file, node: nodeId })))
  })

  test('is found again by its id', async () => {
    const { id } = await gendr.run(fakeGraph('succeed'))
    expect((await new Gendr(host.url).attach(id).result()).status).toBe('completed')
    await expect(gendr.attach('unknown').result()).rejects.toMatchObject({ status: 404 })
    await expect(gendr.attach('unknown').state()).rejects.toMatchObject({ status: 404 })
  })

  test('sockets of the same client hear of it', async () => {
    const socket = await Listener.open(host, 'program')
    const run = await new Gendr(host.url, { clientId: 'program' }).run(fakeGraph('succeed'))
    await socket.end(run.id)
    await socket.close()
  })

  test('need not be waited for', async () => {
    const run = await gendr.run(fakeGraph('steps 1000'))
    const stop = new AbortController()
    const waiting = run.result({ signal: stop.signal })
    setTimeout(() => stop.abort(new Error('enough')), 50)
    await expect(waiting).rejects.toThrow('enough')
    expect((await run.state()).status).toBe('in_progress')
    await run.cancel()
  })
})

test('results come as one ZIP, by their runs and by their names', async () => {
  const run = await gendr.run(fakeGraph('file zipped'))
  const { images } = await run.result()
  const bytes = await new Response(await gendr.zip({ runs: [run.id] })).arrayBuffer()
  expect(unzip(Buffer.from(bytes)).map(({ name }) => name)).toEqual(['zipped.png'])
  const named = await gendr.zip({ files: images.map((file) => ({ ...file, name: 'mine.png' })) })
  expect(unzip(Buffer.from(await new Response(named).arrayBuffer())).map(({ name }) => name)).toEqual(['mine.png'])
  await expect(gendr.zip({ runs: ['unknown'] })).rejects.toMatchObject({
    status: 404,
    message: expect.stringContaining('run unknown'),
  })
})

test('events go on after the connection was lost, each once', async () => {
  const run = await gendr.run(fakeGraph('steps 100'))
  let opened = 0
  // Every connection breaks after a few messages.
  const brittle = new Gendr(host.url, {
    fetch: async (input, init) => {
      const response = await fetch(input, init)
      if (!String(input).includes('/events') || opened++ > 4) return response
      let chunks = 0
      const breaking = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          if (chunks++ > 5) controller.error(new Error('the connection broke'))
          else controller.enqueue(chunk)
        },
      })
      return new Response(response.body!.pipeThrough(breaking), response)
    },
  })
  const heard: RunEvent[] = []
  for await (const event of brittle.attach(run.id).events()) heard.push(event)
  expect(opened).toBeGreaterThan(3)
  const all: RunEvent[] = []
  for await (const event of run.events()) all.push(event)
  expect(heard).toEqual(all)
  const [half] = all.slice(all.length / 2)
  const rest: RunEvent[] = []
  for await (const event of run.events({ after: half!.sequence })) rest.push(event)
  expect(rest).toEqual(all.filter(({ sequence }) => sequence > half!.sequence))
})

test('who waits for a run hears of its end although the host was started again meanwhile', async () => {
  const data = await mkdtemp(join(tmpdir(), 'gendr-sdk-'))
  const port = String(await freePort())
  const first = await startFakeHost({ data, flags: { port } })
  const run = await new Gendr(first.url).run(fakeGraph('steps 20'))
  const result = run.result()
  await until(async () => ((await run.state()).status === 'in_progress' ? true : undefined))
  await first.close()
  const second = await startFakeHost({ data, flags: { port } })
  expect((await result).status).toBe('completed')
  await second.close()
  await rm(data, { recursive: true })
})

test('a host that does not come back is given up', async () => {
  const gone = new Gendr(`http://127.0.0.1:${await freePort()}`)
  await expect(gone.run(fakeGraph('succeed'))).rejects.toMatchObject({ status: 0, remedy: expect.any(String) })
  await expect(gone.attach('x').result({ patience: 300 })).rejects.toMatchObject({ status: 0 })
})

test('a picture is sent once, and is there under each name that it was given', async () => {
  let sent = 0
  const counting = new Gendr(host.url, {
    fetch: (input, init) => {
      if (init?.method === 'PUT') sent++
      return fetch(input, init)
    },
  })
  const bytes = new TextEncoder().encode('a picture')
  const first = await counting.upload(bytes, 'first.png')
  expect(first).toMatchObject({
    input: 'first.png',
    type: 'input',
    sha256: createHash('sha256').update(bytes).digest('hex'),
  })
  expect(await counting.upload(new Blob([bytes]), 'second.png')).toMatchObject({ input: 'second.png' })
  expect(await counting.upload(bytes, 'first.png')).toEqual(first)
  expect(await counting.upload(bytes)).toMatchObject({ sha256: first.sha256 })
  expect(sent).toBe(1)
  expect((await readdir(join(host.data, 'input'))).filter((name) => /picture/.test(name))).toEqual([])
})

test('history comes by page and by status, and is forgotten', async () => {
  await gendr.forget()
  for (const behaviour of ['succeed', 'fail', 'succeed']) {
    await (await gendr.run(fakeGraph(behaviour))).result().catch(() => undefined)
  }
  const page = await gendr.history({ limit: 2 })
  expect([page.jobs.length, page.total, page.hasMore]).toEqual([2, 3, true])
  const failed = await gendr.history({ status: ['failed', 'cancelled'] })
  expect(failed.jobs.map(({ status }) => status)).toEqual(['failed'])
  await gendr.forget([failed.jobs[0]!.id])
  expect((await gendr.history({ sortBy: 'execution_duration', order: 'asc' })).total).toBe(2)
  await gendr.forget()
  expect((await gendr.history()).total).toBe(0)
})

test('a host with a token is told it', async () => {
  const closed = await startFakeHost({ token: 'secret-token' })
  await closed.ready()
  await expect(new Gendr(closed.url).history()).rejects.toMatchObject({ status: 401 })
  const run = await new Gendr(`${closed.url}/`, { token: 'secret-token' }).run(fakeGraph('succeed'))
  expect((await run.result()).status).toBe('completed')
  await closed.stop()
})

test('any route can be asked', async () => {
  expect(Object.keys(await gendr.request<object>('/object_info'))).toContain('Fake')
  await expect(gendr.request('/nothing')).rejects.toMatchObject({ status: 404 })
  expect((await post(host, '/interrupt', '')).status).toBe(200)
  await gendr.interrupt()
  await gendr.request('/userdata/mine.txt', { method: 'POST', body: 'mine' })
  expect(await gendr.request('/userdata/mine.txt', { method: 'DELETE' })).toBeUndefined()
})

test.each([
  ['in seconds', '7', 7000],
  ['as a date', new Date(Date.now() + 3_600_000).toUTCString(), expect.closeTo(3_600_000, -5)],
  ['in a way that nobody knows', 'soon', undefined],
])('a host that is too busy says %s when to come again', async (_way, header, retryAfter) => {
  const body = { error: { type: 'queue_full', message: 'Too many.', extra_info: { remedy: 'Come again.' } } }
  const fetched = async () => Response.json(body, { status: 429, headers: { 'Retry-After': header } })
  const busy = new Gendr('http://host', { fetch: fetched })
  const told = { status: 429, type: 'queue_full', message: 'Too many.', remedy: 'Come again.', retryAfter, body }
  await expect(busy.run({}, { id: 'mine' })).rejects.toMatchObject(told)
})

test('what lies in between and knows no JSON is quoted', async () => {
  const fetched = async () => new Response('Bad gateway', { status: 502 })
  const error = { status: 502, type: '', message: 'Bad gateway', body: undefined, retryAfter: undefined }
  await expect(new Gendr('http://host', { fetch: fetched }).run({})).rejects.toMatchObject(error)
})

test('its types are those of the schemas', () => {
  // Checked by the compiler: an answer that fits a schema is what the client says it is.
  const promises = {
    job: (answer: z.output<typeof jobSchema>): Job => answer,
    wholeJob: (answer: z.output<typeof wholeJobSchema>): WholeJob => answer,
    file: (answer: z.output<typeof knownFileSchema>): KnownFile => answer,
    error: (answer: z.output<typeof nodeErrorsSchema>[string]): NodeError => answer,
  }
  expect(Object.keys(promises)).toHaveLength(4)
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
