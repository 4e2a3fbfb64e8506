import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FakeHost, fakeGraph, get, Listener, post, startFakeHost, until } from './fake-host.ts'

/** The same over HTTP and sockets, with requests that do not wait for each other. */

let host: FakeHost
beforeAll(async () => {
  host = await startFakeHost()
  await host.ready()
})
afterAll(() => host.stop())

const CLIENTS = ['a', 'b']

type Action =
  | { readonly do: 'submit'; readonly client: string; readonly behaviour: string; readonly front: boolean }
  | { readonly do: 'delete' | 'cancel' | 'interrupt'; readonly which: number }
  | { readonly do: 'interrupt any' | 'clear' | 'look' }
  | { readonly do: 'disconnect' | 'connect'; readonly client: string }

const client = fc.constantFrom(...CLIENTS)
const which = fc.nat(30)
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('submit' as const),
      client,
      behaviour: fc.constantFrom('succeed', 'fail', 'steps 2', 'steps 40', 'crash 1'),
      front: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('delete' as const, 'cancel', 'interrupt'), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('interrupt any' as const, 'clear', 'look') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('disconnect' as const, 'connect'), client }) },
)

test('every run that was accepted has ended or was taken out, and all readers say so', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(action, fc.boolean()), { minLength: 5, maxLength: 40 }), async (actions) => {
      const watcher = await Listener.open(host, 'watcher')
      const sockets = new Map<string, Listener>()
      const accepted: string[] = []
      const takenOut = new Set<string>()
      /** When each was sent, and when the queue was last emptied: an earlier one may have gone with it. */
      const sentAt = new Map<string, number>()
      let clearedAt = 0
      const work: Promise<unknown>[] = []
      const pick = (index: number) => accepted[index % Math.max(1, accepted.length)] ?? 'unknown'
      for (const [one, isAwaited] of actions) {
        const done = perform(one)
        work.push(done)
        if (isAwaited) await done
      }
      await Promise.all(work)

      async function perform(one: Action): Promise<unknown> {
        switch (one.do) {
          case 'submit': {
            const start = performance.now()
            const { body } = await post(host, '/prompt', {
              prompt: fakeGraph(one.behaviour),
              client_id: one.client,
              front: one.front,
            })
            sentAt.set(String(body.prompt_id), start)
            return accepted.push(String(body.prompt_id))
          }
          case 'delete':
            takenOut.add(pick(one.which))
            return post(host, '/queue', { delete: [pick(one.which)] })
          case 'cancel':
            takenOut.add(pick(one.which))
            return post(host, `/api/jobs/${pick(one.which)}/cancel`, '')
          case 'interrupt':
            return post(host, '/interrupt', { prompt_id: pick(one.which) })
          case 'interrupt any':
            return post(host, '/interrupt', '')
          case 'clear': {
            await post(host, '/queue', { clear: true })
            clearedAt = performance.now()
            return
          }
          case 'look': {
            const { body } = await get(host, '/api/jobs?limit=1000')
            const open = (body.jobs as { id: string; status: string }[]).filter(
              ({ status }) => status === 'in_progress',
            )
            return expect(open.length).toBeLessThanOrEqual(1)
          }
          case 'connect':
            return sockets.set(one.client, await Listener.open(host, one.client))
          case 'disconnect':
            sockets.get(one.client)?.socket.terminate()
            return sockets.delete(one.client)
        }
      }

      await until(async () => {
        const { body } = await get(host, '/prompt')
        return (body.exec_info as { queue_remaining: number }).queue_remaining === 0 ? true : undefined
      }, 30_000)
      expect((await get(host, '/queue')).body).toEqual({ queue_running: [], queue_pending: [] })
      const history = Object.keys((await get(host, '/history')).body)
      expect(new Set(accepted).size).toBe(accepted.length)
      for (const id of accepted) {
        const job = await get(host, `/api/jobs/${id}`)
        expect(history.includes(id)).toBe(job.status === 200)
        if (job.status === 200) expect(['completed', 'failed', 'cancelled']).toContain(job.body.status)
        else expect(takenOut.has(id) || sentAt.get(id)! < clearedAt).toBe(true)
      }
      await until(() => {
        const last = watcher.messages.findLast(({ type }) => type === 'status')?.data.status
        return JSON.stringify(last) === '{"exec_info":{"queue_remaining":0}}' ? true : undefined
      })
      for (const socket of [watcher, ...sockets.values()]) socket.socket.terminate()
    }),
    { numRuns: 12 },
  )
}, 240_000)
