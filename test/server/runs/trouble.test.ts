import { expect, test } from 'vitest'
import { RestorationError } from '../../../nodes/sdk/error.ts'
import { openDatabase } from '../../../server/database/database.ts'
import { Runs } from '../../../server/runs/runs.ts'
import { RunStore } from '../../../server/runs/store.ts'

test('while no runner can be started runs are refused, except for one that was accepted before', () => {
  const supervisor: { trouble?: RestorationError | undefined; execute(): Promise<void>; cancel(): void } = {
    execute: () => new Promise(() => undefined),
    cancel: () => undefined,
  }
  const receipts = { forget: async () => undefined, keepOnly: async () => undefined }
  const runs = new Runs({ store: new RunStore(openDatabase(':memory:')), supervisor, receipts })
  const submission = { id: 'mine', prompt: {}, outputs: [], extraData: {}, delivery: 'files', attachments: {} } as const
  runs.submit(submission)
  supervisor.trouble = new RestorationError('runner_lost', 'It ended 3 times in a row.', 'See the log.')
  expect(() => runs.submit({ ...submission, id: 'another' })).toThrow(supervisor.trouble)
  expect(runs.submit(submission).id).toBe('mine')
  supervisor.trouble = undefined
  expect(runs.submit({ ...submission, id: 'another' }).id).toBe('another')
})
