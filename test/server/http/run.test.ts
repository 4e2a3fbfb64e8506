import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import express from 'express'
import { expect, test } from 'vitest'
import { Room } from '../../../server/concurrency/room.ts'
import { Bodies } from '../../../server/http/bodies.ts'
import type { AcceptPrompt } from '../../../server/http/prompt.ts'
import { runRoutes } from '../../../server/http/run.ts'
import type { Runs } from '../../../server/runs/runs.ts'
import type { FileIndex } from '../../../server/storage/file-index.ts'
import type { HostFiles } from '../../../server/storage/host-files.ts'
import { until } from '../runs/fake-host.ts'

test('nobody is waited for who hung up before the run was accepted', async () => {
  let listeners = 0
  let isAccepted = false
  const runs = {
    isOpen: () => true,
    subscribe: () => {
      listeners++
      return () => listeners--
    },
  }
  const accept: AcceptPrompt = async (_sent, response) => {
    client.destroy()
    await once(response, 'close')
    isAccepted = true
    return { run: { id: 'run', number: 0 }, nodeErrors: {}, output: undefined }
  }
  const bodies = { bodies: new Bodies(new Room(1)), maxUpload: 1, readJson: [] }
  const routes = runRoutes(runs as unknown as Runs, accept, {} as HostFiles, {} as FileIndex, bodies)
  const server = createServer(express().use(routes)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.write('POST /runs?wait=3600 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n')
  await until(() => isAccepted || undefined)
  await new Promise((wake) => setTimeout(wake, 30))
  expect(listeners).toBe(0)
  server.close()
})
