import { expect, test } from 'vitest'
import { picturesOf } from '../../../server/runs/job.ts'

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
