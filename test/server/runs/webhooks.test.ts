import { createHmac } from 'node:crypto'
import type { lookup } from 'node:dns'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { serveSettings } from '../../../server/config.ts'
import { openDatabase } from '../../../server/database/database.ts'
import { Deliveries } from '../../../server/runs/deliveries.ts'
import { checkTarget, guardedLookup, isPublic } from '../../../server/runs/target.ts'
import { sign, Webhooks } from '../../../server/runs/webhooks.ts'
import { fakeGraph, get, post, startFakeHost, until } from './fake-host.ts'

const KEY = Buffer.from('a key of twenty-four or more bytes')
const SECRET = `whsec_${KEY.toString('base64')}`

interface Heard {
  readonly headers: Record<string, string>
  readonly body: string
}

/** A receiver that answers with the statuses that it is given, the last one for ever. */
class Receiver {
  readonly heard: Heard[] = []
  readonly #server: Server
  statuses = [200]

  constructor() {
    this.#server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      this.heard.push({ headers: request.headers as Record<string, string>, body })
      const status = this.statuses.length > 1 ? this.statuses.shift()! : this.statuses[0]!
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end()
    }).listen(0, '127.0.0.1')
  }

  async open(): Promise<string> {
    if (!this.#server.listening) await new Promise((resolve) => this.#server.once('listening', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

let receiver: Receiver
let url: string
beforeEach(async () => {
  receiver = new Receiver()
  url = await receiver.open()
})
afterEach(() => receiver.close())

describe('a webhook', () => {
  test('tells of the end of a run, signed', async () => {
    const host = await startFakeHost({ flags: { 'webhook-secret': SECRET, 'webhook-target': ['127.0.0.1'] } })
    const metadata = { order: '17', customer: 'Ä' }
    const { body } = await post(host, '/prompt', { prompt: fakeGraph('succeed'), webhook: url, metadata })
    const [heard] = await until(() => (receiver.heard.length > 0 ? receiver.heard : undefined))
    expect(JSON.parse(heard!.body)).toEqual({
      type: 'run.completed',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: {
        id: body.prompt_id,
        status: 'completed',
        outputs: [
          {
            node: '1',
            filename: '1.png',
            subfolder: '',
            type: 'output',
            url: '/view?filename=1.png&subfolder=&type=output',
          },
        ],
        times: { queued: expect.any(Number), run: expect.any(Number), nodes: { 1: expect.any(Number) } },
        metadata,
      },
    })
    expect((await get(host, `/api/jobs/${body.prompt_id}`)).body).toMatchObject({ metadata })
    const tooMuch = { prompt: fakeGraph('succeed'), metadata: { note: 'x'.repeat(5000) } }
    expect(await post(host, '/prompt', tooMuch)).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringMatching(/'metadata' .* 4096 characters/) } },
    })
    const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = heard!.headers
    const expected = createHmac('sha256', KEY).update(`${id}.${timestamp}.${heard!.body}`).digest('base64')
    expect(signature).toBe(`v1,${expected}`)
    expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(60)

    await post(host, '/api/runs', { prompt: fakeGraph('fail'), webhook: url })
    await until(() => receiver.heard[1])
    expect(JSON.parse(receiver.heard[1]!.body)).toMatchObject({
      type: 'run.failed',
      data: { status: 'failed', error: { node_id: '1', exception_message: expect.any(String) } },
    })
    await host.stop()
  })

  test('is signed by each secret while receivers change from one to the next', async () => {
    const next = Buffer.from('the key that comes after the first one')
    const flags = { 'webhook-secret': [SECRET, `whsec_${next.toString('base64')}`], 'webhook-target': ['127.0.0.1'] }
    const host = await startFakeHost({ flags })
    await post(host, '/prompt', { prompt: fakeGraph('succeed'), webhook: url })
    const { headers, body } = await until(() => receiver.heard[0])
    const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers
    expect(signatures).toBe([KEY, next].map((key) => sign(key, id!, timestamp!, body)).join(' '))
    await host.stop()
  })

  test('tells of runs that were taken out of the queue, however that was', async () => {
    const host = await startFakeHost({ flags: { 'webhook-secret': SECRET, 'webhook-target': ['127.0.0.1'] } })
    await post(host, '/prompt', { prompt: fakeGraph('steps 100000') })
    const ids = ['by-job', 'by-queue', 'by-clearing', 'untold']
    for (const id of ids) {
      await post(host, '/prompt', {
        prompt: fakeGraph('succeed'),
        prompt_id: id,
        ...(id !== 'untold' && { webhook: url }),
      })
    }
    const call = (path: string, body: object) => fetch(host.url + path, { method: 'POST', body: JSON.stringify(body) })
    await call('/api/jobs/by-job/cancel', {})
    await call('/queue', { delete: ['by-queue', 'untold', 'nowhere'] })
    await call('/queue', { clear: true })
    await until(() => receiver.heard[2])
    const told = receiver.heard.map(({ body }) => JSON.parse(body))
    expect(told.map(({ data }) => data.id).sort()).toEqual(ids.slice(0, 3).sort())
    for (const { type, data } of told)
      expect([type, data.status, data.outputs]).toEqual(['run.cancelled', 'cancelled', []])
    await host.stop()
  })

  test('outlives a host that was stopped before its receiver answered', async () => {
    const data = await mkdtemp(join(tmpdir(), 'gendr-webhook-'))
    const flags = { 'webhook-secret': SECRET, 'webhook-target': ['127.0.0.1'] }
    receiver.statuses = [500, 200]
    const first = await startFakeHost({ data, flags })
    const { body } = await post(first, '/prompt', { prompt: fakeGraph('succeed'), webhook: url })
    await until(() => receiver.heard[0])
    await first.close()
    const second = await startFakeHost({ data, flags })
    await until(() => receiver.heard[1], 20_000)
    expect(JSON.parse(receiver.heard[1]!.body).data.id).toBe(body.prompt_id)
    expect(receiver.heard[1]!.headers['webhook-id']).toBe(receiver.heard[0]!.headers['webhook-id'])
    await second.close()
    await rm(data, { recursive: true })
  })

  test('is refused by a host that has nothing to sign with, or may not call the address', async () => {
    const plain = await startFakeHost()
    const refused = await post(plain, '/prompt', { prompt: fakeGraph('succeed'), webhook: url })
    expect(refused.status).toBe(400)
    expect(JSON.stringify(refused.body)).toContain('--webhook-secret')
    await plain.stop()
    const strict = await startFakeHost({ flags: { 'webhook-secret': SECRET } })
    for (const address of [
      url,
      'http://localhost/x',
      'ftp://example.com/',
      'http://me:secret@example.com/',
      'nonsense',
    ]) {
      expect((await post(strict, '/prompt', { prompt: fakeGraph('succeed'), webhook: address })).status).toBe(400)
    }
    expect((await post(strict, '/api/prompt', { prompt: fakeGraph('succeed'), webhook: 'nonsense' })).status).toBe(400)
    await strict.stop()
    expect(receiver.heard).toEqual([])
  })
})

describe('a receiver', () => {
  const deliver = (options: { targets?: string[]; to?: readonly string[]; at?: number; firstPause?: number } = {}) => {
    const database = openDatabase(':memory:')
    const deliveries = new Deliveries(database)
    const { to = [url], at = Date.now(), firstPause = 20 } = options
    for (const address of to) deliveries.add(address, { id: 'run', status: 'completed' }, at)
    const log: string[] = []
    const webhooks = new Webhooks(deliveries, {
      keys: [KEY],
      targets: options.targets ?? ['127.0.0.1'],
      log: (line) => log.push(line),
      firstPause,
    })
    return { database, deliveries, webhooks, log }
  }

  test('that fails is tried again after longer and longer pauses, until it has heard', async () => {
    receiver.statuses = [500, 302, 200]
    const { deliveries, webhooks } = deliver()
    await until(() => (deliveries.next() === undefined ? true : undefined))
    expect(receiver.heard).toHaveLength(3)
    expect(new Set(receiver.heard.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    webhooks.close()
  })

  test('that may not be called any more is no reason to end', async () => {
    const { deliveries, webhooks, log } = deliver({ targets: [] })
    await until(() => log[0])
    expect(log[0]).toMatch(/tried again: .*not on the public internet/)
    expect(deliveries.next()).toBeDefined()
    webhooks.close()
  })

  test('is told once, though the disk is full when it has heard', async () => {
    const { database, deliveries, webhooks, log } = deliver()
    database.exec(`CREATE TRIGGER full BEFORE DELETE ON deliveries BEGIN SELECT RAISE(ABORT, 'disk is full'); END`)
    await until(() => log[1])
    database.exec('DROP TRIGGER full')
    await until(() => (deliveries.next() === undefined ? true : undefined))
    expect(log[0]).toContain('disk is full')
    expect(receiver.heard).toHaveLength(1)
    webhooks.close()
  })

  test('that never answers keeps nobody else waiting', async () => {
    let asked = 0
    const dead = createServer(() => asked++).listen(0, '127.0.0.1')
    await once(dead, 'listening')
    const nowhere = `http://127.0.0.1:${(dead.address() as AddressInfo).port}`
    const to = [...Array.from({ length: 40 }, (_, i) => `${nowhere}/${i}`), url, `${url}/2`]
    const { webhooks } = deliver({ to })
    await until(() => receiver.heard[1], 3000)
    expect(asked).toBe(1)
    webhooks.close()
    dead.closeAllConnections()
    dead.close()
  })

  test('that cannot be reached is asked once for all that waits for it, then left alone for a while', async () => {
    receiver.close()
    const { deliveries, webhooks, log } = deliver({ to: [url, `${url}/2`, `${url}/3`], firstPause: 60_000 })
    await until(() => log[0])
    deliveries.add(url, { id: 'late', status: 'completed' }, Date.now())
    webhooks.wake()
    await new Promise((wake) => setTimeout(wake, 100))
    expect(log).toEqual([expect.stringContaining('will be tried again: connect ECONNREFUSED')])
    webhooks.close()
  })

  test('that cannot be reached for three days is given up, with all that waited as long', async () => {
    receiver.close()
    const { deliveries, webhooks, log } = deliver({ to: [url, `${url}/2`] })
    await until(() => log[0])
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 3 * 86_400_000 + 1000)
    deliveries.add(url, { id: 'late', status: 'completed' }, Date.now())
    webhooks.wake()
    await until(() => log[2])
    vi.restoreAllMocks()
    expect(log[1]).toMatch(/run run was given up after three days: connect ECONNREFUSED/)
    expect(log[2]).toMatch(/run run was given up/)
    expect(deliveries.next()).toBeDefined()
    webhooks.close()
  })

  test('is told of a run that ended days ago, though another could not be told to it', async () => {
    receiver.statuses = [500, 200]
    const { webhooks, log } = deliver({ to: [url, `${url}/2`], at: Date.now() - 4 * 86_400_000, firstPause: 60_000 })
    await until(() => receiver.heard[1])
    expect(log).toEqual([expect.stringContaining('will be tried again: its receiver answered 500')])
    webhooks.close()
  })

  test('that did not answer for long is asked again a few minutes later', async () => {
    receiver.close()
    const { deliveries, webhooks, log } = deliver({ firstPause: 3_600_000 })
    await until(() => log[0])
    expect(deliveries.next()! - Date.now()).toBeLessThan(6 * 60_000)
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 6 * 60_000)
    webhooks.wake()
    await until(() => log[1])
    vi.restoreAllMocks()
    webhooks.close()
  })

  test('that says that it is gone is left alone', async () => {
    receiver.statuses = [410]
    const { deliveries, webhooks, log } = deliver()
    await until(() => (deliveries.next() === undefined ? true : undefined))
    expect(receiver.heard).toHaveLength(1)
    expect(log[0]).toContain('given up')
    webhooks.close()
  })

  test.each<[string, string[], string | undefined]>([
    ['10.0.0.1', [], 'not on the public internet'],
    ['8.8.8.8', [], undefined],
    ['10.0.0.1', ['inside.example'], undefined],
  ])('whose name leads to %s, with %j allowed, is called or not by where that is', async (address, allowed, fault) => {
    const addresses = [
      { address: '8.8.4.4', family: 4 },
      { address, family: 4 },
    ]
    const resolve = ((_name: string, _options: object, callback: (error: null, found: object[]) => void) =>
      callback(null, addresses)) as unknown as typeof lookup
    const find = guardedLookup(new URL('http://inside.example/'), allowed, resolve)
    const found = await new Promise<unknown>((settle) => {
      find('inside.example', { all: true }, (error, all) => settle(error?.message ?? all))
    })
    if (fault === undefined) expect(found).toEqual(addresses)
    else expect(found).toContain(fault)
  })
})

test.each([
  ['8.8.8.8', true],
  ['2606:4700:4700::1111', true],
  ['127.0.0.1', false],
  ['10.1.2.3', false],
  ['172.16.0.1', false],
  ['192.168.1.1', false],
  ['169.254.169.254', false],
  ['100.64.0.1', false],
  ['0.0.0.0', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['::1', false],
  ['::', false],
  ['fe80::1', false],
  ['fd00::1', false],
  ['::ffff:127.0.0.1', false],
  ['::ffff:8.8.8.8', true],
  ['64:ff9b::7f00:1', false],
  ['::7f00:1', false],
  ['::a9fe:a9fe', false],
  ['4000::1', false],
  ['168.63.129.16', false],
  ['::ffff:168.63.129.16', false],
  ['nonsense', false],
])('the address %s is public: %s', (address, expected) => {
  expect(isPublic(address)).toBe(expected)
})

test.each([
  'http://[::1]/',
  'http://0x7f.1/',
  'http://2130706433/',
  'http://127.1/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::127.0.0.1]/',
  'http://printer.local/',
  'http://metadata.google.internal/',
])('%s is refused, unless it is named', (address) => {
  expect(() => checkTarget(address, [])).toThrow(/not on the public internet/)
  expect(checkTarget(address, [new URL(address).hostname.replace(/^\[|\]$/g, '')]).href).toBe(new URL(address).href)
})

test('libraries for webhooks find the signature that they expect', () => {
  // The example of their documentation.
  const { webhookKeys } = serveSettings({ 'webhook-secret': 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }, {})
  const signature = sign(webhookKeys[0]!, 'msg_p5jXN8AQM9LWM0D4loKWxJek', '1614265330', '{"test": 2432232314}')
  expect(signature).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
})

test.each([
  'a secret of sixteen or more',
  'whsec_',
  `whsec_${Buffer.alloc(23).toString('base64')}`,
  `whsec_${Buffer.alloc(65).toString('base64')}`,
  `whsec_${Buffer.alloc(24).toString('base64')}!`,
  Buffer.alloc(32).toString('base64'),
])('a secret that libraries would not take is refused, and not repeated: %j', (secret) => {
  expect(() => serveSettings({ 'webhook-secret': secret }, {})).toThrow(
    /--webhook-secret: expected whsec_ and the base64/,
  )
  expect(() => serveSettings({ 'webhook-secret': secret }, {})).not.toThrow(/received/)
})
