import specs from '@asyncapi/specs'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Express, Router } from 'express'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AppOptions, createApp } from '../../../server/http/app.ts'
import { ROUTES } from '../../../server/protocol/routes.ts'
import { type FakeHost, fakeGraph, get, Listener, post, startFakeHost } from '../runs/fake-host.ts'

/** The descriptions of the API are valid, complete, and true. */

interface OpenApi {
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly schemas: Record<string, object> }
}

interface Operation {
  readonly operationId: string
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema?: object }> }>
}

let host: FakeHost
let openapi: OpenApi
beforeAll(async () => {
  host = await startFakeHost()
  await host.ready()
  openapi = (await get(host, '/openapi.json')).body as unknown as OpenApi
})
afterAll(() => host.stop())

test('the OpenAPI document is valid', async () => {
  const { valid, errors } = await new Validator().validate({ ...openapi })
  expect({ valid, errors }).toEqual({ valid: true, errors: undefined })
  expect((await get(host, '/api/openapi.json')).body).toEqual({ ...openapi, servers: [expect.anything()] })
  const ids = Object.values(openapi.paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId))
  expect(new Set(ids).size).toBe(ids.length)
})

test.each(['openapi.json', 'api/openapi.json'])(
  '%s says where the API is, also under a path of a proxy',
  async (path) => {
    const { servers } = (await get(host, `/${path}`)).body as { servers: { url: string }[] }
    expect(servers.map(({ url }) => new URL(url, `https://photos.example/gendr/${path}`).href)).toEqual([
      'https://photos.example/gendr/api',
    ])
  },
)

test('a run says where to ask for it, also under a path of a proxy', async () => {
  const body = JSON.stringify({ prompt: fakeGraph('succeed'), prompt_id: 'ä 1' })
  const { headers } = await fetch(`${host.url}/api/runs`, { method: 'POST', body })
  const { pathname } = new URL(headers.get('location')!, 'https://photos.example/gendr/api/runs')
  expect(pathname).toBe('/gendr/api/jobs/%C3%A4%201')
  expect((await fetch(host.url + pathname.slice('/gendr'.length))).status).toBe(200)
})

test('the OpenAPI document has a run as JSON and as a form, its picture as an answer, and says what fields mean', () => {
  const run = openapi.paths['/runs']!.post!
  const file = { type: 'string', contentMediaType: 'application/octet-stream' }
  expect(run).toMatchObject({
    parameters: expect.arrayContaining([
      expect.objectContaining({ name: 'wait', description: 'Seconds to wait for the end of the run' }),
    ]),
    requestBody: {
      content: {
        'application/json': { schema: { properties: { workflow: { description: expect.stringContaining('name') } } } },
        'multipart/form-data': {
          schema: {
            properties: { image: file, workflow: { type: 'string' }, set: { type: 'array' } },
            required: ['workflow'],
            additionalProperties: file,
          },
        },
      },
    },
    responses: {
      200: { content: { 'application/json': {}, 'image/*': {} }, headers: { Location: {} } },
      202: { headers: { Location: {} } },
      401: {},
      429: { headers: { 'Retry-After': {} } },
      507: {},
    },
  })
})

test('the AsyncAPI document is valid', async () => {
  const { body } = await get(host, '/asyncapi.json')
  const ajv = new Ajv({ strict: false, validateFormats: false })
  const validate = ajv.compile(specs.schemasWithoutId['3.0.0'] as object)
  validate(body)
  expect(validate.errors).toBeNull()
})

test('every route that the host answers is described, and every one that is described is answered', () => {
  const app = createApp({
    client: 'none',
    sdk: 'none',
    workflows: 'none',
    policy: { origins: [] },
  } as unknown as AppOptions)
  const answered = routesOf(app.router as unknown as Stack)
    .filter((route) => route !== 'get /')
    .map((route) => route.replaceAll(/[:*](\w+)/g, '{}'))
  const described = ROUTES.map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`)
  expect([...new Set(answered)].sort()).toEqual([...described].sort())
})

interface Stack {
  readonly stack: readonly {
    readonly route?: { readonly path: string; readonly methods: Record<string, boolean> }
    readonly handle: Router | Express | Partial<Stack>
  }[]
}

/** `get /prompt` and so on, through all routers in each other. */
function routesOf({ stack }: Stack): string[] {
  return stack.flatMap(({ route, handle }) => {
    if (route !== undefined) return Object.keys(route.methods).map((method) => `${method} ${route.path}`)
    return 'stack' in handle && Array.isArray(handle.stack) ? routesOf(handle as unknown as Stack) : []
  })
}

describe('what the host answers fits what the document says', () => {
  const validator = () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    ajv.addSchema({ $id: 'api', components: openapi.components })
    return ajv
  }
  const check = (path: string, method: string, status: number, body: unknown) => {
    const schema = openapi.paths[path]?.[method]?.responses[status]?.content?.['application/json']?.schema
    expect(schema, `${method} ${path} ${status}`).toBeDefined()
    const text = JSON.stringify(schema).replaceAll('"#/components', '"api#/components')
    const validate = validator().compile(JSON.parse(text))
    validate(body)
    expect(validate.errors, `${method} ${path} ${status}`).toBeNull()
  }

  test('of runs', async () => {
    const accepted = await post(host, '/prompt', { prompt: fakeGraph('succeed') })
    check('/prompt', 'post', 200, accepted.body)
    check('/prompt', 'post', 400, (await post(host, '/prompt', {})).body)
    const nope = { 1: { class_type: 'Typed', inputs: {} }, 2: { class_type: 'Fake', inputs: { image: ['1', 0] } } }
    check('/prompt', 'post', 400, (await post(host, '/prompt', { prompt: nope })).body)
    for (const [behaviour, status] of [
      ['succeed', 200],
      ['file x', 200],
      ['fail', 422],
    ] as const) {
      const run = await post(host, '/api/runs?wait=30&inline=true', {
        prompt: fakeGraph(behaviour),
        ...(behaviour === 'succeed' && { prompt_id: 'no-file' }),
      }).catch(() => undefined)
      if (run !== undefined && run.status === status) check('/runs', 'post', status, run.body)
    }
    const busy = await post(host, '/api/runs?wait=0.2', { prompt: fakeGraph('steps 1000') })
    check('/runs', 'post', 202, busy.body)
    const waiting = await post(host, '/prompt', { prompt: fakeGraph('succeed') })
    check('/queue', 'get', 200, (await get(host, '/queue')).body)
    for (const id of [busy.body.id, waiting.body.prompt_id, accepted.body.prompt_id]) {
      check('/jobs/{id}', 'get', 200, (await get(host, `/api/jobs/${id}`)).body)
    }
    check('/jobs', 'get', 200, (await get(host, '/api/jobs')).body)
    check('/jobs', 'get', 400, (await get(host, '/api/jobs?limit=x')).body)
    check('/jobs/{id}/cancel', 'post', 200, (await post(host, `/api/jobs/${busy.body.id}/cancel`, '')).body)
    check('/history', 'get', 200, (await get(host, '/history')).body)
  })

  test('of everything that can be asked for without an argument', async () => {
    for (const [path, methods] of Object.entries(openapi.paths)) {
      if (methods.get === undefined || path.includes('{')) continue
      const { status, body } = await get(host, `/api${path}`).catch(() => ({ status: 0, body: undefined }))
      if (methods.get.responses[status]?.content?.['application/json'] !== undefined) check(path, 'get', status, body)
      else expect([400, 404, 0], path).toContain(status)
    }
  })

  test('over the socket', async () => {
    const { body } = await get(host, '/asyncapi.json')
    const { messages } = (body as { components: { messages: Record<string, { payload: object }> } }).components
    const listener = await Listener.open(host, 'described')
    for (const behaviour of ['steps 2', 'fail']) {
      const { body: run } = await post(host, '/prompt', { prompt: fakeGraph(behaviour), client_id: 'described' })
      await listener.end(run.prompt_id)
    }
    expect(new Set(listener.types).size).toBeGreaterThan(7)
    for (const message of listener.messages) {
      const validate = validator().compile(messages[message.type]!.payload)
      validate(message)
      expect(validate.errors, message.type).toBeNull()
    }
    await listener.close()
  })
})
