import { readdir, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runOf } from '../../../server/http/run-form.ts'
import { type FakeHost, fakeGraph, get, post, startFakeHost, until } from '../runs/fake-host.ts'

let host: FakeHost
beforeAll(async () => {
  host = await startFakeHost({ flags: { 'max-upload': '1' } })
  await host.ready()
  const nodes = [
    { id: 1, type: 'LoadImage', pos: [0, 0], size: [1, 1], outputs: [{ name: 'IMAGE', type: 'IMAGE', links: [1] }] },
    { id: 2, type: 'Fake', pos: [0, 0], size: [1, 1], inputs: [{ name: 'image', type: 'IMAGE', link: 1 }] },
  ]
  const workflow = {
    version: 0.4,
    last_node_id: 2,
    last_link_id: 1,
    nodes: [
      { ...nodes[0], widgets_values: ['example.jpg'] },
      { ...nodes[1], widgets_values: ['succeed', '%LoadImage.image.stem%-new'] },
    ],
    links: [[1, 1, 0, 2, 0, 'IMAGE']],
  }
  await fetch(`${host.url}/userdata/workflows%2Frestore.json`, { method: 'POST', body: JSON.stringify(workflow) })
})
afterAll(() => host.stop())

type Part = string | readonly [bytes: string, filename: string]

/** A form of fields and files, in their order. */
function formOf(...parts: readonly (readonly [name: string, part: Part])[]): FormData {
  const form = new FormData()
  for (const [name, part] of parts) {
    if (typeof part === 'string') form.append(name, part)
    else form.append(name, new Blob([part[0]]), part[1])
  }
  return form
}

async function send(form: FormData, query = 'wait=30', headers: Record<string, string> = {}) {
  const response = await fetch(`${host.url}/api/runs?${query}`, { method: 'POST', body: form, headers })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const inputs = async () => (await readdir(join(host.data, 'input'))).sort()
const runCount = async () => Object((await get(host, '/api/jobs')).body.pagination).total
const promptOf = async (id: unknown) => Object(await get(host, `/api/jobs/${id}`)).body.workflow.prompt

/** Loads a picture, and another with a mask. */
const loaders = JSON.stringify({
  a: { class_type: 'LoadImage', inputs: { image: 'none.png' }, _meta: { title: 'Front' } },
  b: { class_type: 'LoadImage', inputs: { image: 'none.png' }, _meta: { title: 'Back' } },
  c: { class_type: 'Fake', inputs: { behaviour: 'succeed', image: ['a', 0] } },
  d: { class_type: 'Fake', inputs: { behaviour: 'succeed', image: ['b', 0] } },
})

describe('a run as a form', () => {
  test('is a workflow by its name, settings, and the picture, which is kept as an input', async () => {
    const form = formOf(['workflow', 'restore'], ['set', 'behaviour=file 7'], ['image', ['photo', 'old.jpg']])
    const { status, body } = await send(form)
    expect([status, body.status]).toEqual([200, 'completed'])
    expect(await promptOf(body.id)).toMatchObject({
      1: { inputs: { image: 'old.jpg' } },
      2: { inputs: { behaviour: 'file 7', filename_prefix: 'old-new' } },
    })
    expect(await readFile(join(host.data, 'input/old.jpg'), 'utf8')).toBe('photo')
    const other = await send(formOf(['workflow', 'restore'], ['image', ['another', 'old.jpg']]))
    expect(await promptOf(other.body.id)).toMatchObject({ 1: { inputs: { image: 'old (1).jpg' } } })
  })

  test('is a graph as text or as a file, with a picture for each node that loads one', async () => {
    for (const graph of [loaders, [loaders, 'graph.json'] as const]) {
      const form = formOf(['Front.image', ['1', 'front.png']], ['b.image', ['2', 'back.png']], ['workflow', graph])
      const { status, body } = await send(form)
      expect(status).toBe(200)
      expect(await promptOf(body.id)).toMatchObject({
        a: { inputs: { image: 'front.png' } },
        b: { inputs: { image: 'back.png' } },
      })
    }
  })

  test('is answered without waiting, and is the same run when it is sent again under its own id', async () => {
    const settings = [['workflow', 'restore'] as const, ['set', 'behaviour=file once'] as const]
    const form = () => formOf(...settings, ['prompt_id', 'mine'], ['image', ['once', 'once.jpg']])
    const first = await send(form(), '')
    expect([200, 202]).toContain(first.status)
    const { times, ...done } = (await send(form())).body
    expect(done).toMatchObject({ id: 'mine', status: 'completed' })
    expect((await send(form())).body).toEqual({ ...done, times })
    expect((await inputs()).filter((name) => name.startsWith('once'))).toEqual(['once.jpg'])
  })

  test('has the name of the file, not its path', async () => {
    for (const path of ['/tmp/a/deep.jpg', 'C:\\photos\\deep.jpg', '../../deep.jpg']) {
      const { body } = await send(formOf(['workflow', 'restore'], ['image', ['deep', path]]))
      expect(await promptOf(body.id)).toMatchObject({ 1: { inputs: { image: 'deep.jpg' } } })
    }
  })

  test.each<[string, FormData, string, RegExp]>([
    ['no workflow', formOf(['image', ['x', 'x.jpg']]), 'invalid_input', /^'workflow' does not fit: expected the name/],
    [
      'a workflow that is not there',
      formOf(['workflow', 'nope'], ['image', ['x', 'x.jpg']]),
      'workflow_not_found',
      /'nope'/,
    ],
    ['a torn graph', formOf(['workflow', '{"1":']), 'workflow_invalid', /^'workflow' is not JSON/],
    [
      'a picture as text',
      formOf(['workflow', 'restore'], ['image', 'x.jpg'], ['image', ['x', 'x.jpg']]),
      'invalid_input',
      /no field 'image'/,
    ],
    [
      'a picture for no node',
      formOf(['workflow', 'restore'], ['LoadPicture.image', ['x', 'x.jpg']]),
      'workflow_invalid',
      /'LoadPicture.image' names no node/,
    ],
    [
      'a picture that could be for several',
      formOf(['workflow', loaders], ['image', ['x', 'x.jpg']]),
      'workflow_invalid',
      /2 nodes of the graph have a parameter 'image'/,
    ],
    [
      'a picture for what is none',
      formOf(['workflow', 'restore'], ['behaviour', ['x', 'x.jpg']], ['image', ['x', 'x.jpg']]),
      'invalid_input',
      /'behaviour' is a file, but Fake loads none/,
    ],
    [
      'two pictures for one node',
      formOf(['workflow', 'restore'], ['image', ['x', 'x.jpg']], ['1.image', ['y', 'y.jpg']]),
      'invalid_input',
      /Two files are for 1.image, the second as '1.image'/,
    ],
    [
      'a picture beside a graph that cannot run',
      formOf(['workflow', '{"1":{"class_type":"Nope"}}'], ['1.image', ['x', 'x.jpg']]),
      'invalid_prompt',
      /Nope/,
    ],
    [
      'a setting that names nothing',
      formOf(['workflow', 'restore'], ['set', 'scale=4'], ['image', ['x', 'x.jpg']]),
      'workflow_invalid',
      /'scale'/,
    ],
  ])('with %s is refused, and nothing of it is kept', async (_name, form, type, message) => {
    expect(await send(form)).toMatchObject({
      status: 400,
      body: { error: { type, message: expect.stringMatching(message) } },
    })
    expect(await inputs()).not.toContain('x.jpg')
  })

  test('has pictures of a size that the host takes, and as much text as JSON may have', async () => {
    const large = await send(formOf(['workflow', 'restore'], ['image', ['x'.repeat(2 ** 20 + 1), 'x.jpg']]))
    expect(large).toMatchObject({ status: 413, body: { error: { type: 'image_too_large' } } })
    const long = await send(
      formOf(['workflow', 'restore'], ...Array.from({ length: 90 }, () => ['set', 'x'.repeat(1e5)] as const)),
    )
    expect(long).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringMatching(/^With 'set' the fields/) } },
    })
    const many = Array.from({ length: 101 }, (_, i) => [`${i}.image`, ['x', 'x.jpg']] as const)
    expect(await send(formOf(['workflow', 'restore'], ...many))).toMatchObject({
      status: 400,
      body: { error: { message: 'The form has more than 100 files.' } },
    })
    expect(await inputs()).not.toContain('x.jpg')
  })

  test('that ends in the midst of its picture leaves nothing', async () => {
    const head = 'POST /api/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=x'
    const workflow = '--x\r\nContent-Disposition: form-data; name="workflow"\r\n\r\nrestore\r\n'
    const torn = `${workflow}--x\r\nContent-Disposition: form-data; name="image"; filename="torn.jpg"\r\n\r\nabc`
    const { hostname, port } = new URL(host.url)
    const gone = connect(Number(port), hostname)
    gone.write(`${head}\r\nContent-Length: 100000\r\n\r\n${torn}`)
    const short = connect(Number(port), hostname)
    let answer = ''
    short.setEncoding('latin1').on('data', (text: string) => {
      answer += text
    })
    short.write(`${head}\r\nContent-Length: ${torn.length}\r\n\r\n${torn}`)
    await until(() => answer.includes('not a form that can be read') || undefined)
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    gone.destroy()
    short.destroy()
    expect(await inputs()).not.toContain('torn.jpg')
    expect((await get(host, '/queue')).body).toEqual({ queue_running: [], queue_pending: [] })
  })

  test('is answered with the picture itself, of the type and the name that its file has, to who accepts pictures', async () => {
    const ask = (query: string, accept: string, behaviour = 'file 8', wait = 30) =>
      fetch(`${host.url}/api/runs?wait=${wait}${query}`, {
        method: 'POST',
        body: formOf(['workflow', 'restore'], ['set', `behaviour=${behaviour}`], ['image', [accept, 'asked.jpg']]),
        headers: { accept },
      })
    for (const [query, accept] of [
      ['', 'image/*'],
      ['', 'image/png, application/json;q=0.9'],
      ['&output=Fake', '*/*'],
      ['&output=2', 'application/json'],
    ] as const) {
      const response = await ask(query, accept)
      const { headers } = response
      expect([response.status, headers.get('content-type')]).toEqual([200, 'image/png'])
      expect(headers.get('content-disposition')).toBe('filename="8.png"')
      expect(headers.get('location')).toMatch(/jobs\/[\w-]+$/)
      expect(await response.text()).toBe('a file of 8')
    }
    for (const accept of ['*/*', 'application/json', 'application/json, image/*;q=0.9', 'text/html, image/png']) {
      expect((await ask('', accept)).headers.get('content-type')).toMatch(/^application\/json/)
    }
    expect((await ask('', 'image/*', 'fail')).status).toBe(422)
    const gone = await ask('', 'image/*', 'succeed')
    expect([gone.status, await gone.json()]).toMatchObject([404, { error: { type: 'file_not_found' } }])
    const late = await ask('', 'image/*', 'steps 20', 0)
    expect([late.status, await late.json()]).toMatchObject([202, { outputs: [] }])
    const before = [await runCount(), await inputs()]
    for (const [output, message] of [
      ['SaveImage', "'SaveImage' names no node of the graph."],
      ['LoadImage', "The node 'LoadImage' has no picture to give."],
    ]) {
      const refused = await ask(`&output=${output}`, 'never/kept')
      expect([refused.status, await refused.json()]).toMatchObject([400, { error: { message } }])
    }
    expect([await runCount(), await inputs()]).toEqual(before)
  })

  test('is taken by POST /api/runs alone', async () => {
    for (const path of ['/prompt', '/api/prompt', '/interrupt', '/queue']) {
      const response = await fetch(host.url + path, { method: 'POST', body: formOf(['workflow', 'restore']) })
      expect([path, response.status]).toEqual([path, 400])
    }
    expect(await post(host, '/api/runs?wait=30', { prompt: fakeGraph('succeed') })).toMatchObject({ status: 200 })
  })
})

describe('a page of another site, from which a browser sends forms without asking, starts no run', () => {
  test.each<Record<string, string>>([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:9' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'empty' },
    { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' },
  ])('%j', async (headers) => {
    const form = formOf(['workflow', 'restore'], ['prompt_id', 'forged'], ['image', ['x', 'forged.jpg']])
    expect((await send(form, '', headers)).status).toBe(403)
    expect((await get(host, '/api/jobs/forged')).status).toBe(404)
    expect(await inputs()).not.toContain('forged.jpg')
  })

  test('nor does anybody without the token', async () => {
    const locked = await startFakeHost({ token: 'a-secret-of-ours' })
    const form = () => formOf(['workflow', JSON.stringify(fakeGraph('succeed'))])
    const status = async (headers: Record<string, string>) =>
      (await fetch(`${locked.url}/api/runs?wait=30`, { method: 'POST', body: form(), headers })).status
    expect(await status({})).toBe(401)
    expect(await status({ authorization: 'Bearer a-secret-of-ours' })).toBe(200)
    await locked.stop()
  })
})

describe('the fields of a form', () => {
  const picture = (field: string, filename: string) => ({ field, filename, bytes: new Uint8Array() })
  const fields = [['workflow', 'restore']] as const

  test('are what JSON says', () => {
    const sent = [
      ...fields,
      ['set', 'a=1'],
      ['set', 'b=2'],
      ['front', 'true'],
      ['number', '-3'],
      ['webhook', 'https://a.b/c'],
      ['metadata', '{"order":"7"}'],
    ]
    expect(runOf({ fields: sent as [string, string][], files: [] }).sent).toEqual({
      workflow: 'restore',
      set: ['a=1', 'b=2'],
      front: true,
      number: -3,
      webhook: 'https://a.b/c',
      metadata: { order: '7' },
    })
  })

  test.each([
    [[...fields, ...fields], /'workflow' twice/],
    [[...fields, ['constructor', 'x']], /no field 'constructor'/],
    [[...fields, ['__proto__', 'x']], /no field '__proto__'/],
    [[...fields, ['', 'x']], /no field ''/],
    [[...fields, ['prompt_id', '..']], /'prompt_id' does not fit/],
    [[...fields, ['number', 'soon']], /'number' does not fit/],
    [[...fields, ['metadata', '{"order"']], /'metadata' does not fit: expected JSON/],
    [[...fields, ['metadata', '{"order":7}']], /'metadata.order' does not fit/],
  ])('%j are refused', (sent, message) => {
    expect(() => runOf({ fields: sent as [string, string][], files: [] })).toThrow(message)
  })

  test.each([
    [picture('image', ''), /file of 'image' has no name/],
    [picture('image', 'photos/..'), /file of 'image' has no name/],
    [picture('image=a', 'b.jpg'), /'image=a' names no parameter/],
  ])('of the file %j are refused', (file, message) => {
    expect(() => runOf({ fields, files: [file] })).toThrow(message)
  })
})
