import { afterEach, expect, test, vi } from 'vitest'
import { batchProgress } from '../../../server/cli/batch-progress.ts'

afterEach(() => vi.restoreAllMocks())

test('a name cannot write a line or a colour of its own', async () => {
  let said = ''
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      said += text
      return true
    })
  }
  const progress = await batchProgress(2, false)
  const source = 'a\u001b[2J\nb.png'
  progress.file({ source, status: 'restored', results: [source], seconds: 1 })
  const error = { code: 'invalid_input', message: `'${source}' is none.`, remedy: 'Go.' } as const
  progress.file({ source, status: 'failed', results: [], error })
  progress.end()
  vi.restoreAllMocks()
  expect(said.split('\n')).toHaveLength(5)
  expect(said).not.toContain('\u001b')
  expect(said).toContain('[1/2] a\u{fffd}[2J\u{fffd}b.png → a\u{fffd}[2J\u{fffd}b.png (1.0 s)')
})
