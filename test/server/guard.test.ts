import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serveSettings } from '../../server/config.ts'
import { checkSite, checkToken } from '../../server/guard.ts'
import { type FakeHost, get, Listener, startFakeHost } from './runs/fake-host.ts'

let open: FakeHost
let closed: FakeHost
beforeAll(async () => {
  open = await startFakeHost()
  closed = await startFakeHost({ token: 'secret-token' })
})
afterAll(() => Promise.all([open.stop(), closed.stop()]))

/** The status of a GET with a Host of choice, which fetch does not allow. */
function statusWith(host: FakeHost, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    request(host.url + path, { headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })
}

describe('a foreign web page', () => {
  const { port } = new URL('http://127.0.0.1:8188')
  test.each<[Record<string, string>, boolean]>([
    [{ host: `127.0.0.1:${port}` }, true],
    [{ host: `localhost:${port}` }, true],
    [{ host: `[::1]:${port}` }, true],
    [{ host: `photos.localhost:${port}` }, true],
    [{ host: `my.name:${port}` }, true],
    [{ host: `evil.example:${port}` }, false],
    [{ host: `localhost.evil.example:${port}` }, false],
    [{ host: '' }, false],
    [{ host: 'a b' }, false],
    [{ host: `localhost:${port}`, origin: `http://localhost:${port}` }, true],
    [{ host: `localhost:${port}`, origin: 'http://localhost:9999' }, false],
    [{ host: `localhost:${port}`, origin: 'http://evil.example' }, false],
    [{ host: `localhost:${port}`, origin: 'https://app.example' }, true],
    [{ host: `localhost:${port}`, origin: 'https://app.example.evil' }, false],
    [{ host: 'evil.example', origin: 'https://app.example' }, false],
    [{ host: `localhost:${port}`, origin: 'capacitor://localhost' }, true],
    [{ host: `localhost:${port}`, origin: 'ionic://localhost' }, false],
    [{ host: `localhost:${port}`, origin: 'null' }, false],
    [{ host: `localhost:${port}`, origin: 'nonsense' }, false],
  ])('with %j is let in: %s', (headers, isAllowed) => {
    const origins = ['https://app.example', 'capacitor://localhost']
    const policy = { listen: '127.0.0.1', tokens: [], hostNames: ['my.name'], origins }
    expect(checkSite(headers, policy) === undefined).toBe(isAllowed)
  })

  test.each<[Record<string, string>, boolean]>([
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }, false],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }, false],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }, true],
    [{ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }, true],
    [{ 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }, true],
    [{ 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }, true],
  ])('whose browser says %j is let in: %s, and always with a token or once a site is named', (said, isAllowed) => {
    const isLetIn = (tokens: string[], origins: string[]) =>
      checkSite({ host: `localhost:${port}`, ...said }, { listen: '127.0.0.1', tokens, hostNames: [], origins }) ===
      undefined
    expect(isLetIn([], [])).toBe(isAllowed)
    expect(isLetIn(['secret-token'], [])).toBe(true)
    expect(isLetIn([], ['https://app.example'])).toBe(true)
  })

  test('gets 403 over HTTP and over the socket', async () => {
    expect(await statusWith(open, '/queue', { host: 'evil.example' })).toBe(403)
    expect(await statusWith(open, '/', { host: 'evil.example' })).toBe(403)
    expect(await statusWith(open, '/queue', { origin: 'http://evil.example' })).toBe(403)
    await expect(Listener.open(open, 'x', { origin: 'http://evil.example' })).rejects.toThrow('403')
    await expect(Listener.open(open, 'x', { host: 'evil.example' })).rejects.toThrow('403')
  })
})

describe('a host with a token', () => {
  test('answers only who sends it, as a header or in the address', async () => {
    expect((await get(closed, '/queue')).status).toBe(401)
    expect((await get(closed, '/api/queue?token=wrong')).status).toBe(401)
    expect((await get(closed, '/queue?token=secret-token')).status).toBe(200)
    expect(await statusWith(closed, '/queue', { authorization: 'Bearer secret-token' })).toBe(200)
    await expect(Listener.open(closed, 'x')).rejects.toThrow('401')
    await (await Listener.open(closed, 'x', {}, '&token=secret-token')).close()
    await (await Listener.open(closed, 'x', { authorization: 'Bearer secret-token' })).close()
  })

  test('shows the editor to everybody, which has no secrets', async () => {
    expect((await fetch(`${closed.url}/`)).status).toBe(200)
  })

  test('is called by any name', () => {
    const policy = { listen: '0.0.0.0', tokens: ['secret-token'], hostNames: [], origins: [] }
    expect(checkSite({ host: 'photos.example' }, policy)).toBeUndefined()
    expect(checkToken({}, '/queue', policy)).toMatchObject({ status: 401 })
  })

  test('is called with any of its tokens', () => {
    const { tokens } = serveSettings({}, { GENDR_TOKEN: 'of-the-shop of-the-archive' })
    const policy = { listen: '0.0.0.0', tokens, hostNames: [], origins: [] }
    const isLetIn = (token: string) => checkToken({ authorization: `Bearer ${token}` }, '/queue', policy) === undefined
    expect(['of-the-shop', 'of-the-archive', 'of-nobody', 'of-the-shop of-the-archive'].map(isLetIn)).toEqual([
      true,
      true,
      false,
      false,
    ])
    expect(checkToken({}, '/queue?token=of-the-archive', policy)).toBeUndefined()
  })
})

test('pages may run no scripts but ours, and may not be framed', async () => {
  const policy = (await fetch(`${open.url}/`)).headers.get('content-security-policy')
  expect(policy).toContain("script-src 'self';")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toContain("script-src 'self' 'unsafe")
})

describe('a site that is named', () => {
  test('may call the host, and its browsers are told so; others may not', async () => {
    const host = await startFakeHost({ token: 'secret-token', flags: { 'allow-origin': ['https://app.example'] } })
    const ask = (origin: string, method: string, headers: Record<string, string> = {}) =>
      new Promise<{ status: number; headers: Record<string, unknown> }>((resolve, reject) => {
        request(`${host.url}/queue`, { method, headers: { origin, ...headers } }, (response) => {
          response.resume()
          resolve({ status: response.statusCode ?? 0, headers: response.headers })
        })
          .on('error', reject)
          .end()
      })
    const token = { authorization: 'Bearer secret-token' }
    const preflight = await ask('https://app.example', 'OPTIONS', { 'access-control-request-method': 'POST' })
    expect(preflight).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': 'https://app.example',
        'access-control-allow-headers': expect.stringContaining('Authorization'),
      },
    })
    expect(await ask('https://app.example', 'GET', token)).toMatchObject({
      status: 200,
      headers: {
        'access-control-allow-origin': 'https://app.example',
        'access-control-expose-headers': expect.stringContaining('Retry-After'),
        vary: expect.stringContaining('Origin'),
      },
    })
    expect((await ask('https://app.example', 'GET')).status).toBe(401)
    expect((await ask('https://other.example', 'GET', token)).status).toBe(403)
    expect((await ask(host.url, 'GET', token)).headers).not.toHaveProperty('access-control-allow-origin')
    await (await Listener.open(host, 'x', { ...token, origin: 'https://app.example' })).close()
    await host.stop()
  })

  test('is named as browsers name it', async () => {
    for (const origin of [
      'app.example',
      'https://app.example/',
      '*',
      'capacitor://localhost/',
      'capacitor:x',
      'file://',
    ]) {
      await expect(startFakeHost({ flags: { 'allow-origin': [origin] } })).rejects.toThrow(/--allow-origin/)
    }
  })
})

describe('pictures on pages elsewhere', () => {
  const paths = [
    ...['/view?filename=a.png', '/api/view?filename=a.png'],
    ...['/picture?filename=a.png', '/api/picture/tile?filename=a.png&level=0&column=0&row=0'],
    `/api/files/${'0'.repeat(64)}/content`,
  ]
  const headers = async (host: FakeHost, path: string) => {
    const found = (await fetch(host.url + path)).headers
    return [found.get('cross-origin-resource-policy'), found.get('vary')?.includes('Origin') === true]
  }

  test('are shown by other servers of this machine', async () => {
    for (const path of paths) expect(await headers(open, path)).toEqual(['same-site', false])
  })

  test('are shown by a site that is named, which a browser does not name, and are kept apart from those that are read', async () => {
    const host = await startFakeHost({ flags: { 'allow-origin': ['https://app.example'] } })
    for (const path of paths) expect(await headers(host, path)).toEqual(['cross-origin', true])
    await host.stop()
  })

  test('are all that they get', async () => {
    for (const path of ['/queue', '/history', '/view2', `/api/files/${'0'.repeat(64)}`, '/'])
      expect((await headers(open, path))[0]).toBe('same-origin')
  })
})
