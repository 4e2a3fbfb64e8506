import { expect, test } from 'vitest'
import { killOften } from './kill.ts'

/** `npm run bench:kill` does the same fifty times. */
test('a host that is killed at any moment loses no run, breaks no file and saves nothing twice', async () => {
  const report = await killOften(8)
  expect(report.accepted).toBeGreaterThan(8)
  expect(report).toMatchObject({ lost: [], notOnce: [], broken: [], integrity: 'ok', orphans: [] })
})
