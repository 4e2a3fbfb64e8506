import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { runnerOptions, serveSettings } from '../../../server/config.ts'
import { openDatabase } from '../../../server/database/database.ts'
import { HostLog } from '../../../server/host-log.ts'
import { Narration } from '../../../server/narration/narration.ts'
import { Runs } from '../../../server/runs/runs.ts'
import { RunStore } from '../../../server/runs/store.ts'
import { Supervisor } from '../../../server/runs/supervisor.ts'
import { hostSurroundings } from '../../../server/runs/surroundings.ts'
import { Hub } from '../../../server/socket/hub.ts'
import { Receipts } from '../../../server/storage/receipts.ts'
import { fakeGraph, fakeRunner, Listener } from '../runs/fake-host.ts'

test('while a run says nothing, its client and everybody else still hear something', async () => {
  const data = await mkdtemp(join(tmpdir(), 'gendr-silence-'))
  const settings = serveSettings({ data }, {})
  const supervisor = new Supervisor({ ...fakeRunner, runner: runnerOptions(settings) })
  const store = new RunStore(openDatabase(':memory:'))
  const runs = new Runs({ store, supervisor, receipts: new Receipts(join(data, 'receipts')) })
  const files = {
    listInputs: async () => [],
    exists: async () => false,
    size: async () => 0,
    renew: async () => undefined,
  }
  const surroundings = hostSurroundings({
    supervisor,
    files,
    workflow: async () => undefined,
    models: async () => ({ gendr_models: [], gendr_settings: ['default'], upscale_models: [], iqa_models: [] }),
  })
  const hub = new Hub({
    runs,
    narration: new Narration(runs),
    surroundings,
    policy: settings,
    log: new HostLog(),
    maxUpload: 2 ** 20,
    maxPixels: 1e8,
    silence: 100,
    heartbeat: 20,
  })
  const server = createServer().listen(0, '127.0.0.1')
  hub.attach(server)
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const host = { url, ready: () => supervisor.ready(), close: async () => undefined }

  const mine = await Listener.open(host, 'mine')
  const other = await Listener.open(host, 'other')
  await new Promise((wake) => setTimeout(wake, 300))
  expect(other.types).toEqual(['status'])
  mine.send({ type: 'run', data: { workflow: fakeGraph('hang') } })
  await mine.until('executing')
  // Also when the clock is set back.
  const now = Date.now
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() - 3_600_000)
  const before = [mine.heard.length, other.heard.length]
  await new Promise((wake) => setTimeout(wake, 600))
  expect(mine.heard.length - before[0]!).toBeGreaterThanOrEqual(4)
  expect(other.heard.length - before[1]!).toBeGreaterThanOrEqual(4)
  expect(mine.types.at(-1)).toBe('status')
  // Though nobody but their library answers to the host, which looks after them.
  expect(mine.socket.readyState).toBe(mine.socket.OPEN)

  clock.mockRestore()
  runs.close()
  hub.close()
  server.close()
  await supervisor.close()
  await rm(data, { recursive: true })
})
