import { once } from 'node:events'
import { mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import express from 'express'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { failureHandler } from '../../../server/http/failure.ts'
import { zipRoutes } from '../../../server/http/zip.ts'
import { type FakeHost, fakeGraph, post, startFakeHost, until } from '../runs/fake-host.ts'
import { unzip } from './unzip.ts'

let host: FakeHost
let output: string
beforeAll(async () => {
  host = await startFakeHost()
  await host.ready()
  output = join(host.data, 'output')
  await mkdir(join(output, 'holiday'))
  await writeFile(join(output, 'a.png'), 'content of a')
  await writeFile(join(output, 'holiday/a.png'), 'another a')
  await writeFile(join(output, 'Straße 日本.png'), 'far away')
})
afterAll(() => host.stop())

const ask = (body: unknown) =>
  fetch(`${host.url}/api/files/zip`, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) })

/** Name and text of all that is in the ZIP of an answer. */
async function read(response: Response): Promise<[name: string, text: string][]> {
  expect(response.status).toBe(200)
  return unzip(Buffer.from(await response.arrayBuffer())).map(({ name, content }) => [name, content.toString()])
}

describe('a ZIP', () => {
  test('has files as they are under the names that they shall have', async () => {
    const response = await ask({
      files: [{ filename: 'a.png' }, { filename: 'Straße 日本.png', name: 'Ölberg.png' }],
      name: 'Bilder für Anna.zip',
    })
    expect(response.headers.get('content-type')).toBe('application/zip')
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename="Bilder f?r Anna.zip"; filename*=UTF-8''Bilder%20f%C3%BCr%20Anna.zip`,
    )
    const entries = unzip(Buffer.from(await response.arrayBuffer()))
    expect(entries.map(({ name, content }) => [name, content.toString()])).toEqual([
      ['a.png', 'content of a'],
      ['Ölberg.png', 'far away'],
    ])
    expect(entries.every(({ isUtf8 }) => isUtf8)).toBe(true)
  })

  test('is called what a file system takes', async () => {
    const response = await ask({ files: [{ filename: 'a.png' }], name: '../a\ud800"\n.zip' })
    expect(response.headers.get('content-disposition')).toBe('attachment; filename=.._a___.zip')
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'self'")
    await read(response)
  })

  test('numbers names that are taken, and has each file once', async () => {
    const a = { filename: 'a.png' }
    const other = { filename: 'a.png', subfolder: 'holiday' }
    expect(
      await read(await ask({ files: [a, other, a, { ...a, subfolder: '', type: 'output', name: 'b.png' }] })),
    ).toEqual([
      ['a.png', 'content of a'],
      ['a (1).png', 'another a'],
    ])
  })

  test('has what runs have saved', async () => {
    const runs = await Promise.all(['first', 'second'].map((name) => finished(`file ${name}`)))
    expect(await read(await ask({ runs: [...runs, runs[0]] }))).toEqual([
      ['first.png', 'a file of first'],
      ['second.png', 'a file of second'],
    ])
  })

  test('lists what is not on the host, and why runs have no results, by the pictures that they loaded', async () => {
    const run = await finished('fail', { load: { class_type: 'LoadImage', inputs: { image: 'holiday/broken.jpg' } } })
    const files = [{ filename: 'gone.png', subfolder: 'holiday' }, { filename: 'a.png' }, { filename: 'holiday' }]
    expect(await read(await ask({ files, runs: [run, 'never'] }))).toEqual([
      ['a.png', 'content of a'],
      [
        'missing.txt',
        `These were asked for, but the host has nothing of them:\n\nbroken.jpg (run ${run}): No.\nrun never\noutput/holiday/gone.png\noutput/holiday\n`,
      ],
    ])
  })

  test('is what a form of a page asks for, which can send no JSON', async () => {
    const response = await fetch(`${host.url}/api/files/zip`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain', origin: host.url },
      body: `{"files":[{"filename":"a.png"}],"form":"="}\r\n`,
    })
    expect(await read(response)).toEqual([['a.png', 'content of a']])
  })
})

describe('it is refused before it begins', () => {
  test.each<[string, unknown, number, string]>([
    ['where none was asked for', {}, 404, 'none was asked for'],
    ['where nothing is there', { files: [{ filename: 'gone.png' }], runs: ['x'] }, 404, 'output/gone.png and 1 more'],
    ['for a folder that is none', { files: [{ filename: 'a.png', type: 'secret' }] }, 400, "'files.0.type'"],
    ['for too many', { files: Array.from({ length: 50_001 }, () => ({ filename: 'a.png' })) }, 400, "'files'"],
    ['for a list that is none', { files: 'a.png' }, 400, "'files'"],
    ...['../gendr.db', '/etc/passwd', '..\\gendr.db', 'C:\\a.png', 'a\0.png'].map(
      (filename) =>
        [
          `for ${JSON.stringify(filename)} beside a file that is there`,
          { files: [{ filename: 'a.png' }, { filename }] },
          403,
          'inside its folder',
        ] as [string, unknown, number, string],
    ),
    ['for a folder above', { files: [{ filename: 'a.png', subfolder: 'holiday/../..' }] }, 403, 'inside its folder'],
  ])('%s', async (_why, body, status, message) => {
    const answer = await post(host, '/api/files/zip', body)
    expect(answer.status).toBe(status)
    expect(JSON.stringify(answer.body)).toContain(message)
  })

  test('to pages of other sites, and without the token', async () => {
    const guarded = await startFakeHost({ token: 'a-secret-of-ours' })
    const body = JSON.stringify({ files: [{ filename: 'a.png' }] })
    const status = async (url: string, headers = {}) =>
      (await fetch(`${url}/api/files/zip`, { method: 'POST', headers, body })).status
    expect(await status(guarded.url)).toBe(401)
    expect(await status(host.url, { origin: 'https://elsewhere.example' })).toBe(403)
    await guarded.stop()
  })
})

test('a link out of the folder is followed no more than by its name', async () => {
  await symlink('/etc/passwd', join(output, 'link.png'))
  expect((await read(await ask({ files: [{ filename: 'a.png' }, { filename: 'link.png' }] }))).at(-1)).toEqual([
    'missing.txt',
    expect.stringContaining('output/link.png'),
  ])
})

describe('what is read slowly', () => {
  /** Far more than sockets and streams hold on their way. */
  const LARGE = 2 ** 25

  test('is made no faster; a file that is deleted meanwhile is listed, and the rest comes', async () => {
    await using slow = await slowServer()
    const response = await slow.ask()
    const reader = response.body!.getReader()
    const parts = [(await reader.read()).value!]
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(slow.opened).toEqual(['large.bin'])
    await rm(join(output, 'next.bin'))
    for (let part = await reader.read(); !part.done; part = await reader.read()) parts.push(part.value)
    const entries = unzip(Buffer.concat(parts))
    expect(entries.map(({ name, content }) => [name, content.length])).toEqual([
      ['large.bin', LARGE],
      ['a.png', 12],
      ['missing.txt', expect.any(Number)],
    ])
    expect(entries[2]!.content.toString()).toContain('\noutput/next.bin\n')
  })

  test('is made no further when its reader goes, and that is no failure', async () => {
    await using slow = await slowServer()
    const client = new AbortController()
    const response = await slow.ask(client.signal)
    await response.body!.getReader().read()
    client.abort()
    await until(async () => ((await slow.connections()) === 0 ? true : undefined))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(slow.opened).toEqual(['large.bin'])
    expect(slow.failures).toEqual([])
  })

  async function slowServer() {
    await writeFile(join(output, 'large.bin'), '')
    await truncate(join(output, 'large.bin'), LARGE)
    await writeFile(join(output, 'next.bin'), 'next')
    const asked: string[] = []
    const failures: unknown[] = []
    const files = {
      path: async ({ filename }: { filename: string }) => {
        asked.push(filename)
        return join(output, filename)
      },
    }
    const app = express().use(
      express.json(),
      zipRoutes({ job: () => undefined }, files),
      failureHandler((error) => failures.push(error)),
    )
    const server = createServer(app).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const wanted = ['large.bin', 'next.bin', 'a.png'].map((filename) => ({ filename }))
    return {
      failures,
      /** The files whose turn has come; the first was looked for before, too. */
      get opened() {
        return asked.slice(1)
      },
      ask: (signal: AbortSignal | null = null) =>
        fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/files/zip`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ files: wanted }),
          signal,
        }),
      connections: () =>
        new Promise<number>((resolve, reject) =>
          server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
        ),
      async [Symbol.asyncDispose]() {
        server.closeAllConnections()
        server.close()
        await once(server, 'close')
      },
    }
  }
})

/** The id of a run that has ended. */
/** @param others nodes beside the one that behaves so */
async function finished(behaviour: string, others: object = {}): Promise<string> {
  const { body } = await post(host, '/api/runs?wait=30', { prompt: { ...fakeGraph(behaviour), ...others } })
  return String(body.id)
}
