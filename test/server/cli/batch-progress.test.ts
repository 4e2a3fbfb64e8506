import { afterEach, expect, test, vi } from 'vitest'
import { batchProgress } from '../../../server/cli/batch-progress.ts'

afterEach(() => vi.restoreAllMocks())

/** What both outputs get from now on. */
function listen(): { said: string } {
  const heard = { said: '' }
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      heard.said += text
      return true
    })
  }
  return heard
}

test('a name cannot write a line or a colour of its own', async () => {
  const heard = listen()
  const progress = await batchProgress(2, false)
  const source = 'a\u001b[2J\nb.png'
  progress.file({ source, status: 'restored', results: [source], seconds: 1 })
  const error = { code: 'invalid_input', message: `'${source}' is none.`, remedy: 'Go.' } as const
  progress.file({ source, status: 'failed', results: [], error })
  progress.end()
  vi.restoreAllMocks()
  const { said } = heard
  expect(said.split('\n')).toHaveLength(5)
  expect(said).not.toContain('\u001b')
  expect(said).toContain('[1/2] a\u{fffd}[2J\u{fffd}b.png → a\u{fffd}[2J\u{fffd}b.png (1.0 s)')
})

test.each([false, true])('what is missing in a result is told of (as JSON: %s)', async (asJson) => {
  const heard = listen()
  const progress = await batchProgress(1, asJson)
  progress.file({ source: 'a.jpg', status: 'restored', results: ['a.png'], seconds: 1, notes: ['half', 'and half'] })
  progress.end()
  vi.restoreAllMocks()
  expect(heard.said).toMatch(/gendr: a\.jpg: half\ngendr: a\.jpg: and half\n$/)
  if (asJson) expect(JSON.parse(heard.said.split('\n')[0]!)).toMatchObject({ notes: ['half', 'and half'] })
})
