import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ModelStore } from '../../../server/runner/model-store.ts'

test('the shipped model has grain in its detailed setting, which is the default, and none in the faithful one', async () => {
  const store = new ModelStore([join(import.meta.dirname, '../../../models')])
  const grains = ['default', 'detailed', 'faithful'].map(
    async (setting) => (await store.open('gendr-nano', setting)).grain,
  )
  const [byDefault, detailed, faithful] = await Promise.all(grains)
  expect(detailed).toBeGreaterThan(0)
  expect([byDefault, faithful]).toEqual([detailed, 0])
})
