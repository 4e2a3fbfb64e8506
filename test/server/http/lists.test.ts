import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FakeHost, get, startFakeHost } from '../runs/fake-host.ts'

let host: FakeHost
beforeAll(async () => {
  host = await startFakeHost()
  await host.ready()
})
afterAll(() => host.stop())

test.each<[string, number, unknown]>([
  ['/features', 200, { supports_preview_metadata: true, max_upload_size: 104_857_600, max_pixels: 100_000_000 }],
  ['/embeddings', 200, []],
  ['/extensions', 200, []],
  ['/models', 200, ['gendr_models', 'upscale_models', 'iqa_models']],
  ['/models/gendr_models', 200, ['gendr-nano']],
  ['/models/checkpoints', 200, []],
  ['/models/nothing', 404, {}],
  ['/experiment/models/nothing', 404, {}],
  ['/experiment/models', 200, ['gendr_models', 'upscale_models', 'iqa_models'].map((name) => ({ name, folders: [] }))],
  ['/experiment/models/gendr_models', 200, [{ name: 'gendr-nano', pathIndex: 0 }]],
  ['/experiment/models/preview/gendr_models/0/a/b.png', 404, {}],
  ['/view_metadata/gendr_models?filename=a.safetensors', 404, {}],
  ['/global_subgraphs', 200, {}],
  ['/global_subgraphs/some', 404, {}],
  ['/node_replacements', 200, {}],
  ['/i18n', 200, {}],
  ['/object_info/Nope', 200, {}],
  ['/workflows/..%2Fpackage', 404, {}],
  ['/workflows/constructor', 404, {}],
])('GET %s answers %i', async (path, status, body) => {
  expect(await get(host, path)).toEqual({ status, body })
  expect(await get(host, `/api${path}`)).toEqual({ status, body })
})

test('GET /object_info tells of the runner’s nodes with the choices of this host', async () => {
  const { body } = await get(host, '/object_info')
  expect(Object.keys(body)).toEqual(['Fake', 'LoadImage', 'Typed'])
  const { LoadImage } = (await get(host, '/object_info/LoadImage')).body as Record<string, never>
  expect(LoadImage).toMatchObject({
    input: {
      required: { image: [['damaged-photograph.jpg', 'old-photograph.jpg', 'product.png'], { image_upload: true }] },
    },
  })
})

test('GET /system_stats names the device and no path', async () => {
  const { body } = await get(host, '/system_stats')
  expect(body).toMatchObject({
    system: { os: process.platform, comfyui_version: '0.3.64', argv: [] },
    devices: [{ name: 'Fake CPU', type: 'cpu', index: 0, reason: 'a test' }],
  })
  expect(JSON.stringify(body)).not.toContain(host.data)
})

test('an unknown path is answered in JSON', async () => {
  expect(await get(host, '/nothing/here')).toMatchObject({ status: 404, body: { error: { type: 'file_not_found' } } })
})

test('the shipped workflows are listed as ComfyUI lists templates, and each can be had', async () => {
  const { body } = await get(host, '/workflow_templates')
  const [name] = body['gendr-graph'] as string[]
  expect(await get(host, `/api/workflow_templates/gendr-graph/${name}.json`)).toEqual(
    await get(host, `/workflows/${name}`),
  )
  expect((await get(host, '/workflow_templates/other/a.json')).status).toBe(404)
  expect((await get(host, '/workflow_templates/gendr-graph/..%2F..%2Fpackage.json')).status).toBe(404)
})
