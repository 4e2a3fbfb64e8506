import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeFrame } from '../../../server/protocol/frames.ts'
import { type FakeHost, get, Listener, startFakeHost } from '../runs/fake-host.ts'

let host: FakeHost
beforeAll(async () => {
  host = await startFakeHost({ flags: { 'max-upload': '1' } })
})
afterAll(() => host.stop())

const fits = new Uint8Array(2 ** 20)
const exceeds = new Uint8Array(2 ** 20 + 70_000)

test('pictures may be as large as --max-upload says, by every way', async () => {
  expect((await get(host, '/features')).body.max_upload_size).toBe(2 ** 20)
  const form = async (bytes: Uint8Array<ArrayBuffer>) => {
    const body = new FormData()
    body.set('image', new Blob([bytes]), 'picture.png')
    return fetch(`${host.url}/upload/image`, { method: 'POST', body })
  }
  const put = (body: Uint8Array<ArrayBuffer>) =>
    fetch(`${host.url}/api/files/${createHash('sha256').update(body).digest('hex')}`, { method: 'PUT', body })
  for (const send of [form, put]) {
    expect((await send(fits)).ok).toBe(true)
    const refused = await send(exceeds)
    expect(refused.status).toBe(413)
    expect(await refused.json()).toMatchObject({
      error: {
        type: 'image_too_large',
        message: 'The file is larger than 1 MiB.',
        details: expect.stringContaining('--max-upload'),
      },
    })
  }
  const socket = await Listener.open(host)
  socket.send(encodeFrame({ type: 'attachment', metadata: { name: 'picture.png' }, bytes: exceeds }))
  const [code] = await once(socket.socket, 'close')
  expect(code).toBe(1009)
})
