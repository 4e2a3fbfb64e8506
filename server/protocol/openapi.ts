import { z } from 'zod'
import { runSchema } from './answers.ts'
import { type Json, SchemaWriter } from './json-schema.ts'
import { type Answer, type Body, ROUTES, type Route } from './routes.ts'

/**
 * The HTTP API as an OpenAPI 3.1 document, made from the table of routes and its schemas.
 * @param api where the routes begin, as seen from the document: a host may lie under a path of a proxy
 */
export function openApi(version: string, api: string): Json {
  const writer = new SchemaWriter()
  const paths: Record<string, Record<string, Json>> = {}
  for (const route of ROUTES) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route, writer) }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'gendr-graph',
      version,
      summary: 'Graphs that restore and enlarge pictures',
      description:
        "ComfyUI's API, and what it lacks. Routes that ComfyUI has are there without /api too. JSON is read whatever the content type says.",
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: api }],
    tags: [...new Set(ROUTES.map(({ group }) => group))].map((name) => ({ name })),
    security: [{}, { bearer: [] }, { query: [] }],
    paths,
    components: {
      schemas: writer.components,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'The token of --token, if the host was given one' },
        query: { type: 'apiKey', in: 'query', name: 'token', description: 'The same, in the address' },
      },
    },
  }
}

function operation(route: Route, writer: SchemaWriter): Json {
  const { path, group, summary, query, body, answers } = route
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const parameters = [...inPath, ...queryParameters(query, writer)]
  return {
    operationId: idOf(route),
    tags: [group],
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: requestBody([body].flat(), writer) }),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, answer]) => [status, response(Number(status), [answer].flat(), writer)]),
    ),
  }
}

/** `get /jobs/{id}` is `getJobsId`. */
function idOf({ method, path }: Route): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

function queryParameters(query: z.ZodObject | undefined, writer: SchemaWriter): Json[] {
  if (query === undefined) return []
  const { properties = {}, required = [] } = writer.write(query, 'input') as {
    properties?: Record<string, Json>
    required?: string[]
  }
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    ...(required.includes(name) && { required: true }),
    ...(description !== undefined && { description }),
    schema,
  }))
}

function requestBody(bodies: readonly Body[], writer: SchemaWriter): Json {
  const isNeeded = bodies.some(({ kind }) => kind !== 'json')
  return {
    ...(isNeeded && { required: true }),
    content: Object.assign({}, ...bodies.map((body) => bodyContent(body, writer))),
  }
}

function bodyContent(body: Body, writer: SchemaWriter): Json {
  switch (body.kind) {
    case 'json':
      return { 'application/json': { schema: writer.write(body.schema, 'input') } }
    case 'form': {
      const { properties, required = [], ...rest } = writer.write(body.fields, 'input') as FormSchema
      const file = { type: 'string', contentMediaType: 'application/octet-stream' }
      const schema = {
        ...rest,
        properties: { [body.file]: file, ...properties },
        ...(body.takesOthers ? { required, additionalProperties: file } : { required: [body.file] }),
      }
      return { 'multipart/form-data': { schema } }
    }
    case 'bytes':
      return { 'application/octet-stream': {} }
  }
}

interface FormSchema extends Json {
  readonly properties?: Json
  readonly required?: readonly string[]
}

function response(status: number, answers: readonly Answer[], writer: SchemaWriter): Json {
  const description = MEANINGS[status] ?? 'Failed'
  if (status === 204) return { description }
  const headers = {
    ...(answers.includes(runSchema) && { Location: LOCATION }),
    ...((status === 429 || status === 503) && { 'Retry-After': RETRY_AFTER }),
  }
  return {
    description,
    ...(Object.keys(headers).length > 0 && { headers }),
    content: Object.assign({}, ...answers.map((answer) => answerContent(answer, writer))),
  }
}

function answerContent(answer: Answer, writer: SchemaWriter): Json {
  return answer instanceof z.ZodType
    ? { 'application/json': { schema: writer.write(answer, 'output') } }
    : { [answer.file]: {} }
}

const LOCATION = { description: 'Where to ask for the run', schema: { type: 'string', format: 'uri-reference' } }
const RETRY_AFTER = { description: 'Seconds until it may be sent again', schema: { type: 'integer' } }

const MEANINGS: Readonly<Record<number, string>> = {
  200: 'Done',
  201: 'Kept',
  202: 'Accepted, and not yet done',
  204: 'Done',
  206: 'A part',
  400: 'Refused',
  401: 'Without the token',
  403: 'From a site, or for a place, that is not let in',
  404: 'Not there',
  409: 'In the way of what is there',
  413: 'Too large',
  415: 'In a form that is not read',
  416: 'No such part',
  422: 'Failed for what was sent',
  429: 'Too many wait',
  500: 'Failed',
  503: 'Not now',
  507: 'The disk is full',
}
