import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FakeHost, get, startFakeHost } from '../runs/fake-host.ts'

let host: FakeHost
beforeAll(async () => {
  host = await startFakeHost()
  await host.ready()
})
afterAll(() => host.stop())

test.each<[string, number, unknown]>([
  ['/features', 200, { supports_preview_metadata: true, max_upload_size: 104_857_600 }],
  ['/embeddings', 200, []],
  ['/extensions', 200, []],
  ['/workflow_templates', 200, {}],
  ['/models', 200, ['gendr_models', 'upscale_models']],
  ['/models/gendr_models', 200, ['gendr-nano']],
  ['/models/checkpoints', 404, {}],
  ['/object_info/Nope', 200, {}],
  ['/workflows/..%2Fpackage', 404, {}],
  ['/workflows/constructor', 404, {}],
])('GET %s answers %i', async (path, status, body) => {
  expect(await get(host, path)).toEqual({ status, body })
  expect(await get(host, `/api${path}`)).toEqual({ status, body })
})

test('GET /object_info tells of the runner’s nodes with the choices of this host', async () => {
  const { body } = await get(host, '/object_info')
  expect(Object.keys(body)).toEqual(['Fake', 'LoadImage'])
  const { LoadImage } = (await get(host, '/object_info/LoadImage')).body as Record<string, never>
  expect(LoadImage).toMatchObject({ input: { required: { image: [['old-photograph.jpg'], { image_upload: true }] } } })
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
