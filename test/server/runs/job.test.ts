import { expect, test } from 'vitest'
import { type Job, picturesOf, timesOf } from '../../../server/runs/job.ts'

test('of the pictures of a run, those that were saved come first', () => {
  const shown = (filename: string) => ({ filename, subfolder: '', type: 'temp' as const })
  const saved = (filename: string) => ({ filename, subfolder: '', type: 'output' as const })
  const outputs = {
    5: { a_images: [shown('before')], b_images: [shown('after')] },
    6: { images: [saved('restored')] },
    7: { images: [saved('small')] },
  }
  expect(picturesOf(outputs).map(({ filename }) => filename)).toEqual(['restored', 'small', 'before', 'after'])
})

test('no run took less than nothing, whatever became of the clock', () => {
  const job = { createdAt: 5000, startedAt: 3000, endedAt: 2000 } as Job
  expect(timesOf(job)).toEqual({ queued: 0, run: 0, nodes: {} })
  expect(timesOf({ ...job, startedAt: 6500, endedAt: undefined })).toMatchObject({ queued: 1500, run: null })
})
