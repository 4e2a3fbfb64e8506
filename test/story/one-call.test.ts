import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Host, root, startHost } from './host.ts'

/** A picture and the name of what to do with it go in, a picture comes out, in one call. */

let host: Host
let photograph: Buffer
beforeAll(async () => {
  host = await startHost()
  const whole = await readFile(join(root, 'workflows/photographs/old-photograph.jpg'))
  photograph = await sharp(whole).resize(96, 64, { fit: 'fill' }).jpeg().toBuffer()
})
afterAll(() => host.stop())

/** What `curl -F` sends. */
function restore(query: string, accept: string, ...more: readonly (readonly [string, string])[]): Promise<Response> {
  const form = new FormData()
  form.append('image', new Blob([Uint8Array.from(photograph)]), 'old.jpg')
  for (const [name, value] of more) form.append(name, value)
  return fetch(`${host.url}/api/runs?wait=600${query}`, { method: 'POST', body: form, headers: { accept } })
}

test('a shipped workflow restores a picture, with what is set of it', async () => {
  const response = await restore('', 'image/*', ['workflow', 'restore-photo'], ['set', 'scale=2'])
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/png'])
  expect(response.headers.get('content-disposition')).toContain('filename="old-restored_00001_.png"')
  const { format, width, height } = await sharp(await response.arrayBuffer()).metadata()
  expect([format, width, height]).toEqual(['png', 192, 128])
  expect(await readFile(join(host.data, 'input/old.jpg'))).toEqual(photograph)
})

test('a saved workflow does so as well, and JSON says what came of it', async () => {
  const jpeg = { format: 'jpg', quality: 90, background: 'white', save_graph: false }
  const graph = {
    1: { class_type: 'LoadImage', inputs: { image: 'somebody.jpg' } },
    2: { class_type: 'ImageInvert', inputs: { image: ['1', 0] } },
    3: { class_type: 'SaveImage', inputs: { images: ['2', 0], filename_prefix: 'inverted' } },
    4: {
      class_type: 'SaveImageAs',
      inputs: { images: ['1', 0], filename_prefix: 'as-it-was', ...jpeg },
    },
  }
  const path = encodeURIComponent('workflows/mine/invert.json')
  await fetch(`${host.url}/userdata/${path}`, { method: 'POST', body: JSON.stringify(graph) })
  const ask = (query: string, accept: string) =>
    restore(query, accept, ['workflow', 'mine/invert'], ['prompt_id', 'one'])
  expect(await (await ask('', '*/*')).json()).toMatchObject({
    id: 'one',
    status: 'completed',
    outputs: [
      { node: '3', filename: 'inverted_00001_.png' },
      { node: '4', filename: 'as-it-was_00001_.jpg' },
    ],
  })
  // The same run, not another one.
  const chosen = await ask('&output=SaveImageAs', '*/*')
  expect(chosen.headers.get('content-type')).toBe('image/jpeg')
  expect((await sharp(await chosen.arrayBuffer()).metadata()).format).toBe('jpeg')
  expect(await readdir(join(host.data, 'input'))).toEqual(expect.not.arrayContaining(['old (1).jpg']))
  expect(await readdir(join(host.data, 'output'))).toEqual(expect.not.arrayContaining(['inverted_00002_.png']))
})

test('what is no picture is answered as an error, and JSON takes the name of a workflow, too', async () => {
  const body = JSON.stringify({ workflow: 'restore-photo', set: ['image=none.jpg'] })
  const response = await fetch(`${host.url}/api/runs?wait=600`, {
    method: 'POST',
    body,
    headers: { accept: 'image/*' },
  })
  expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/json; charset=utf-8'])
  expect(await response.json()).toMatchObject({ error: { type: 'prompt_outputs_failed_validation' } })
})
