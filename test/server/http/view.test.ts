import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { expect, test } from 'vitest'
import { failureHandler } from '../../../server/http/failure.ts'
import type { Previewer } from '../../../server/http/previewer.ts'
import { viewRoutes } from '../../../server/http/view.ts'
import type { HostFiles } from '../../../server/storage/host-files.ts'

test.each([
  '/view?filename=a.png&channel=a',
  '/view?filename=a.png&size=64',
  '/picture?filename=a.png',
  '/picture/tile?filename=a.png&level=0&column=0&row=0',
])('a client that goes while it waits for %s is waited for no longer, and that is no failure', async (path) => {
  const logged: unknown[] = []
  let asked: (signal: AbortSignal) => void
  const signal = new Promise<AbortSignal>((resolve) => {
    asked = resolve
  })
  const answer = (_request: unknown, gone: AbortSignal) => {
    asked(gone)
    return new Promise((_resolve, reject) => gone.addEventListener('abort', () => reject(gone.reason)))
  }
  const previewer = { render: answer, reduced: answer, facts: answer, tile: answer } as unknown as Previewer
  const files = { path: async () => import.meta.filename } as unknown as HostFiles
  const app = express().use(
    viewRoutes(files, previewer, 100),
    failureHandler((error) => logged.push(error)),
  )
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = new AbortController()
  const { port } = server.address() as AddressInfo
  const answered = fetch(`http://127.0.0.1:${port}${path}`, { signal: client.signal }).catch(() => 'gone')
  const gone = await signal
  expect(gone.aborted).toBe(false)
  client.abort()
  expect(await answered).toBe('gone')
  await expect.poll(() => gone.aborted).toBe(true)
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(logged).toEqual([])
  server.close()
})
