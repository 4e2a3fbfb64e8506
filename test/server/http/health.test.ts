import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FakeHost, fakeGraph, get, Listener, post, startFakeHost, until } from '../runs/fake-host.ts'

const token = 'secret-token'
const headers = { authorization: `Bearer ${token}` }

let host: FakeHost
beforeAll(async () => {
  host = await startFakeHost({ token })
})
afterAll(() => host.stop())

test('whoever looks after hosts sees without a token whether runs can be executed', async () => {
  for (const path of ['/health', '/api/health']) {
    const ready = await until(async () => {
      const answer = await get(host, path)
      return answer.status === 200 ? answer : undefined
    })
    expect(ready.body).toEqual({ status: 'ready' })
  }
  await post(host, '/prompt', { prompt: fakeGraph('crash 1') }, headers)
  await until(async () => ((await get(host, '/health')).status === 503 ? true : undefined))
})

test('a host that cannot execute runs for a while is alive, and says why to everybody', async () => {
  const socket = await Listener.open(host, 'anybody', headers)
  await until(async () => ((await get(host, '/health')).status === 200 ? true : undefined))
  const { body } = await post(host, '/prompt', { prompt: fakeGraph('full') }, headers)
  const answer = await until(async () => {
    const { status, body } = await get(host, '/health')
    return status === 503 ? body : undefined
  })
  expect(answer).toEqual({ status: 'disk_full' })
  for (const path of ['/health/live', '/api/health/live']) {
    expect(await get(host, path)).toEqual({ status: 200, body: { status: 'disk_full' } })
  }
  await socket.until('status', ({ status }) => (status as { disk_full?: true }).disk_full === true)
  await socket.close()
  const metrics = await (await fetch(`${host.url}/metrics`, { headers })).text()
  expect(metrics).toMatch(/^gendr_runner_ready 0$/m)
  expect(metrics).toMatch(/^gendr_disk_free_bytes \d+$/m)
  await post(host, `/api/jobs/${body.prompt_id}/cancel`, {}, headers)
  await until(async () => ((await get(host, '/health')).status === 200 ? true : undefined))
})

test('a connection is kept open for longer than any balancer of load keeps it', async () => {
  const { headers } = await fetch(`${host.url}/health/live`)
  expect(Number(/timeout=(\d+)/.exec(headers.get('keep-alive')!)?.[1])).toBeGreaterThan(600)
})

test('Prometheus is told how many runs ended how, if it has the token', async () => {
  expect((await fetch(`${host.url}/metrics`)).status).toBe(401)
  for (const behaviour of ['succeed', 'fail']) {
    await post(host, '/api/runs?wait=10', { prompt: fakeGraph(behaviour) }, headers)
  }
  const answer = await fetch(`${host.url}/metrics`, { headers })
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  const text = await answer.text()
  expect(text).toMatch(/^gendr_runs_total\{status="completed"\} 2$/m)
  expect(text).toMatch(/^gendr_runs_total\{status="failed"\} 1$/m)
  expect(text).toMatch(/^gendr_runs_waiting 0$/m)
  expect(text).toMatch(/^gendr_run_seconds_count \d+$/m)
  for (const line of text.trimEnd().split('\n')) {
    expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="\w+"\})? \d+(\.\d+)?(e-?\d+)?)$/)
  }
})
