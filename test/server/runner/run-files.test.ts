import { expect, test } from 'vitest'
import type { Files } from '../../../nodes/sdk/context.ts'
import type { RunRequest } from '../../../server/runner/messages.ts'
import { runFiles } from '../../../server/runner/run-files.ts'

test('a result that is kept in memory is named as the file would be', async () => {
  const delivered: string[] = []
  const run = { attachments: {}, delivery: 'memory' } as unknown as RunRequest
  const files = runFiles({} as Files, run, (filename) => delivered.push(filename))
  for (const prefix of ['2024/scan', '2024\\scan']) {
    expect(await files.write('output', prefix, 'png', new Uint8Array())).toMatchObject({ subfolder: '2024' })
  }
  expect(delivered).toEqual(['scan_00001_.png', 'scan_00002_.png'])
  await expect(files.write('output', '..\\scan', 'png', new Uint8Array())).rejects.toMatchObject({
    code: 'path_outside',
  })
})
