import { z } from 'zod'
import * as answer from './answers.ts'
import { featureFlagsSchema } from './messages.ts'
import * as request from './requests.ts'

/** One route of the HTTP API: what the documents, the answers to wrong methods and the reference page are made from. */
export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** With the names of its segments in braces; under / and under /api, unless it is only under /api. */
  readonly path: string
  readonly onlyApi?: true
  /** Also for whoever does not have the token. */
  readonly isOpen?: true
  readonly group: string
  readonly summary: string
  readonly query?: z.ZodObject
  /** Several where each is taken. */
  readonly body?: Body | readonly Body[]
  /** Several where the request says which. */
  readonly answers: Readonly<Record<number, Answer | readonly Answer[]>>
}

export type Body =
  | { readonly kind: 'json'; readonly schema: z.ZodType }
  /** `file` is the name of its file; where others are taken, of one of them. */
  | { readonly kind: 'form'; readonly fields: z.ZodObject; readonly file: string; readonly takesOthers?: true }
  | { readonly kind: 'bytes' }

/** What comes back: JSON of a schema, or a file. */
export type Answer = z.ZodType | { readonly file: string }

const text: Answer = { file: 'text/plain' }
const bytes: Answer = { file: 'application/octet-stream' }
const refused = answer.refusalSchema
const done = answer.nothingSchema
const names = z.array(z.string())
const anything = z.record(z.string(), z.unknown())
const failure = z.object({ error: z.string() })
const json = (schema: z.ZodType): Body => ({ kind: 'json', schema })

const uploadFields = z.object({
  type: z.enum(['input', 'output', 'temp']).default('input'),
  subfolder: z.string().default(''),
  overwrite: z.enum(['true', 'false']).default('false'),
})

export const ROUTES: readonly Route[] = [
  ...group('Runs', [
    {
      method: 'post',
      path: '/prompt',
      summary: 'Queue a graph, in the API or the UI format',
      body: json(request.promptRequestSchema),
      answers: { 200: answer.acceptedSchema, 400: refused, 413: refused, 429: refused, 503: refused },
    },
    { method: 'get', path: '/prompt', summary: 'How many runs wait', answers: { 200: answer.queueInfoSchema } },
    {
      method: 'post',
      path: '/runs',
      onlyApi: true,
      summary: 'Queue a graph, or pictures for a workflow, and wait for the results',
      query: request.runQuerySchema,
      body: [
        json(request.promptRequestSchema),
        { kind: 'form', fields: request.runFormSchema, file: 'image', takesOthers: true },
      ],
      answers: {
        200: [answer.runSchema, { file: 'image/*' }],
        202: answer.runSchema,
        400: refused,
        404: refused,
        409: answer.runSchema,
        413: refused,
        422: answer.runSchema,
        429: refused,
        500: answer.runSchema,
        503: refused,
      },
    },
    {
      method: 'get',
      path: '/runs/{id}/events',
      onlyApi: true,
      summary: 'The messages of a run as server-sent events; Last-Event-ID says what has been heard',
      answers: { 200: { file: 'text/event-stream' }, 204: text, 404: refused },
    },
    { method: 'get', path: '/queue', summary: 'What runs and what waits', answers: { 200: answer.queueSchema } },
    {
      method: 'post',
      path: '/queue',
      summary: 'Take runs that wait out of the queue',
      body: json(request.listEditSchema),
      answers: { 200: done, 400: refused },
    },
    {
      method: 'post',
      path: '/interrupt',
      summary: 'Stop what runs, or the run of an id',
      body: json(request.interruptRequestSchema),
      answers: { 200: done, 400: refused },
    },
    {
      method: 'get',
      path: '/history',
      summary: 'Runs that have ended, oldest first',
      query: request.historyQuerySchema,
      answers: { 200: answer.historySchema, 400: refused },
    },
    {
      method: 'get',
      path: '/history/{id}',
      summary: 'One run that has ended',
      answers: { 200: answer.historySchema },
    },
    {
      method: 'post',
      path: '/history',
      summary: 'Forget runs that have ended; their files stay',
      body: json(request.listEditSchema),
      answers: { 200: done, 400: refused },
    },
    {
      method: 'get',
      path: '/jobs',
      onlyApi: true,
      summary: 'Runs in every state, by status and page',
      query: request.jobsQuerySchema,
      answers: { 200: answer.jobsSchema, 400: failure },
    },
    {
      method: 'get',
      path: '/jobs/{id}',
      onlyApi: true,
      summary: 'One run, with its times and when it will end',
      answers: { 200: answer.wholeJobSchema, 404: failure },
    },
    {
      method: 'post',
      path: '/jobs/{id}/cancel',
      onlyApi: true,
      summary: 'Take a run out of the queue, or stop it; says whether there was anything to cancel',
      answers: { 200: answer.cancelledSchema },
    },
    {
      method: 'post',
      path: '/jobs/{id}/front',
      onlyApi: true,
      summary: 'Run it next, if it waits',
      answers: { 200: answer.movedSchema, 404: failure },
    },
    {
      method: 'post',
      path: '/jobs/cancel',
      onlyApi: true,
      summary: 'Cancel several runs',
      body: json(request.cancelRequestSchema),
      answers: { 200: answer.cancelledSchema, 400: failure },
    },
    {
      method: 'post',
      path: '/free',
      summary: 'Unload models, forget cached results',
      body: json(request.freeRequestSchema),
      answers: { 200: done, 400: refused },
    },
  ]),
  ...group('Files', [
    {
      method: 'post',
      path: '/upload/image',
      summary: 'Keep a picture',
      body: { kind: 'form', fields: uploadFields, file: 'image' },
      answers: { 200: answer.uploadedSchema, 400: refused, 413: refused },
    },
    {
      method: 'post',
      path: '/upload/mask',
      summary: 'Keep a picture that is there with the alpha of another',
      body: {
        kind: 'form',
        fields: uploadFields.extend({ original_ref: z.string().describe('JSON: filename, subfolder, type') }),
        file: 'image',
      },
      answers: { 200: answer.uploadedSchema, 400: refused, 404: refused, 413: refused },
    },
    {
      method: 'get',
      path: '/view',
      summary: 'A file, as it is, as a preview, reduced for a screen, or one channel of it',
      query: request.viewQuerySchema,
      answers: { 200: bytes, 206: bytes, 400: refused, 403: refused, 404: refused, 413: refused, 416: refused },
    },
    {
      method: 'get',
      path: '/picture',
      summary: 'Size, depth and levels of a picture',
      query: request.viewQuerySchema.pick({ filename: true, type: true, subfolder: true }),
      answers: { 200: answer.pictureSchema, 400: refused, 403: refused, 404: refused, 413: refused },
    },
    {
      method: 'get',
      path: '/picture/tile',
      summary: 'A tile of a level of a picture, for screens',
      query: request.tileQuerySchema,
      answers: { 200: { file: 'image/webp' }, 400: refused, 403: refused, 404: refused, 413: refused },
    },
    {
      method: 'post',
      path: '/files/known',
      onlyApi: true,
      summary: 'Which of several contents are here',
      body: json(request.knownRequestSchema),
      answers: { 200: answer.knownFilesSchema, 400: refused },
    },
    {
      method: 'put',
      path: '/files/{sha256}',
      onlyApi: true,
      summary: 'Keep a picture under its content; one that is here already is not kept twice',
      query: request.fileQuerySchema,
      body: { kind: 'bytes' },
      answers: { 200: answer.knownFileSchema, 201: answer.knownFileSchema, 400: refused, 413: refused },
    },
    {
      method: 'get',
      path: '/files/{sha256}',
      onlyApi: true,
      summary: 'Where an upload or a result of this content is',
      answers: { 200: answer.knownFileSchema, 404: refused },
    },
    {
      method: 'get',
      path: '/files/{sha256}/content',
      onlyApi: true,
      summary: 'An upload or a result by its content',
      answers: { 200: bytes, 206: bytes, 404: refused, 416: refused },
    },
    {
      method: 'post',
      path: '/files/zip',
      onlyApi: true,
      summary: 'Files and the results of runs, as one ZIP; what is not there any more is listed in it',
      body: json(request.zipRequestSchema),
      answers: { 200: { file: 'application/zip' }, 400: refused, 403: refused, 404: refused },
    },
    {
      method: 'get',
      path: '/internal/files/{type}',
      summary: 'Names in a folder, the newest first',
      answers: { 200: names, 400: failure },
    },
  ]),
  ...group('Nodes and models', [
    { method: 'get', path: '/object_info', summary: 'Every node', answers: { 200: anything } },
    { method: 'get', path: '/object_info/{class}', summary: 'One node', answers: { 200: anything } },
    { method: 'get', path: '/models', summary: 'Folders of models', answers: { 200: names } },
    { method: 'get', path: '/models/{folder}', summary: 'Models of a folder', answers: { 200: names, 404: done } },
    {
      method: 'get',
      path: '/gendr/models',
      summary: 'All that is known of the models',
      answers: { 200: z.array(anything) },
    },
    {
      method: 'get',
      path: '/experiment/models',
      summary: 'Folders of models, in another form',
      answers: { 200: z.array(z.object({ name: z.string(), folders: names })) },
    },
    {
      method: 'get',
      path: '/experiment/models/{folder}',
      summary: 'Models of a folder, in another form',
      answers: { 200: z.array(z.object({ name: z.string(), pathIndex: z.int() })), 404: done },
    },
    {
      method: 'get',
      path: '/experiment/models/preview/{folder}/{index}/{name}',
      summary: 'The picture of a model: there are none',
      answers: { 404: done },
    },
    {
      method: 'get',
      path: '/view_metadata/{folder}',
      summary: 'The header of a model file: there are none',
      answers: { 404: done },
    },
    { method: 'get', path: '/embeddings', summary: 'None', answers: { 200: names } },
    { method: 'get', path: '/node_replacements', summary: 'None', answers: { 200: anything } },
    { method: 'get', path: '/global_subgraphs', summary: 'None', answers: { 200: anything } },
    { method: 'get', path: '/global_subgraphs/{id}', summary: 'None', answers: { 404: done } },
    {
      method: 'get',
      path: '/workflows',
      summary: 'The shipped workflows',
      answers: { 200: z.array(answer.templateSchema) },
    },
    {
      method: 'get',
      path: '/workflows/{name}',
      summary: 'One of them',
      answers: { 200: anything, 404: done },
    },
    {
      method: 'get',
      path: '/workflows/{name}/picture',
      summary: 'What it does, as a picture',
      answers: { 200: { file: 'image/jpeg' }, 404: done },
    },
    {
      method: 'get',
      path: '/workflow_templates',
      summary: 'The shipped workflows, as ComfyUI lists them',
      answers: { 200: z.record(z.string(), names) },
    },
    {
      method: 'get',
      path: '/workflow_templates/{pack}/{file}',
      summary: 'One of them',
      answers: { 200: anything, 404: done },
    },
  ]),
  ...group('What clients keep', [
    { method: 'get', path: '/settings', summary: 'All settings', answers: { 200: anything } },
    {
      method: 'post',
      path: '/settings',
      summary: 'Change settings',
      body: json(anything),
      answers: { 200: done, 400: refused },
    },
    { method: 'get', path: '/settings/{id}', summary: 'One setting, or null', answers: { 200: z.unknown() } },
    {
      method: 'post',
      path: '/settings/{id}',
      summary: 'Change a setting',
      body: json(z.unknown()),
      answers: { 200: done, 400: refused },
    },
    { method: 'get', path: '/users', summary: 'Where settings are kept', answers: { 200: anything } },
    {
      method: 'post',
      path: '/users',
      summary: 'Name a user',
      body: json(request.userRequestSchema),
      answers: { 200: z.string(), 400: z.union([failure, refused]) },
    },
    {
      method: 'get',
      path: '/userdata',
      summary: 'Files of a folder',
      query: request.userdataQuerySchema,
      answers: {
        200: z.union([names, z.array(names), z.array(answer.userFileSchema)]),
        400: text,
        403: text,
        404: text,
      },
    },
    {
      method: 'get',
      path: '/v2/userdata',
      summary: 'Files and folders under a folder',
      query: request.entriesQuerySchema,
      answers: { 200: z.array(answer.userEntrySchema), 400: text, 404: text },
    },
    {
      method: 'get',
      path: '/userdata/{file}',
      summary: 'A file',
      answers: { 200: bytes, 403: refused, 404: refused },
    },
    {
      method: 'post',
      path: '/userdata/{file}',
      summary: 'Write a file',
      query: request.writeQuerySchema,
      body: { kind: 'bytes' },
      answers: { 200: z.union([z.string(), answer.userFileSchema]), 403: refused, 409: text },
    },
    {
      method: 'delete',
      path: '/userdata/{file}',
      summary: 'Remove a file',
      answers: { 204: text, 403: refused, 404: refused },
    },
    {
      method: 'post',
      path: '/userdata/{file}/move/{to}',
      summary: 'Give a file another path',
      query: request.writeQuerySchema,
      answers: { 200: z.union([z.string(), answer.userFileSchema]), 403: refused, 404: refused, 409: text },
    },
    { method: 'get', path: '/i18n', summary: 'None', answers: { 200: anything } },
    { method: 'get', path: '/extensions', summary: 'None', answers: { 200: names } },
  ]),
  ...group('Host', [
    {
      method: 'get',
      path: '/system_stats',
      summary: 'The machine and its device',
      answers: { 200: answer.systemStatsSchema },
    },
    {
      method: 'get',
      path: '/health',
      isOpen: true,
      summary: 'Whether runs can be executed; needs no token',
      answers: { 200: answer.healthSchema, 503: answer.healthSchema },
    },
    {
      method: 'get',
      path: '/health/live',
      isOpen: true,
      summary: 'That the host answers; needs no token',
      answers: { 200: answer.healthSchema },
    },
    { method: 'get', path: '/metrics', summary: 'How the host fares, for Prometheus', answers: { 200: text } },
    { method: 'get', path: '/features', summary: 'What this host can do', answers: { 200: featureFlagsSchema } },
    { method: 'get', path: '/internal/logs', summary: 'What the host said, as text', answers: { 200: z.string() } },
    { method: 'get', path: '/internal/logs/raw', summary: 'What the host said', answers: { 200: answer.logSchema } },
    {
      method: 'patch',
      path: '/internal/logs/subscribe',
      summary: 'Hear what the host says over the socket',
      body: json(request.logSubscriptionSchema),
      answers: { 200: done, 400: refused },
    },
    {
      method: 'get',
      path: '/internal/folder_paths',
      summary: 'Folders',
      answers: { 200: z.record(z.string(), names) },
    },
    { method: 'get', path: '/openapi.json', summary: 'This description, as OpenAPI 3.1', answers: { 200: anything } },
    { method: 'get', path: '/asyncapi.json', summary: 'The socket, as AsyncAPI 3.0', answers: { 200: anything } },
  ]),
]

function group(name: string, routes: readonly Omit<Route, 'group'>[]): Route[] {
  return routes.map((route) => ({ ...route, group: name, answers: { ...commonAnswers(route), ...route.answers } }))
}

/** What any route may answer before it has looked at what was asked, and whichever writes when it cannot. */
function commonAnswers({ isOpen, method }: Omit<Route, 'group'>): Route['answers'] {
  const denied = isOpen ? { 403: refused } : { 401: refused, 403: refused }
  return method === 'get' ? denied : { ...denied, 413: refused, 507: refused }
}
