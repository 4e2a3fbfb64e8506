import { describe, expect, test } from 'vitest'
import { inOrder, jobSchema, pastRuns, recordsSchema, runOf, zipName } from '../../client/host/run-list.ts'

const graph = { '1': { class_type: 'LoadImage', inputs: { image: 'a.png' } } }
const queued = (id: string) => [1, id, graph, { client_id: 'c', extra_pnginfo: { workflow: { nodes: [] } } }, ['1']]
const past = (id: string, messages: unknown[], completed = false, outputs = {}) => ({
  prompt: queued(id),
  outputs,
  status: { status_str: completed ? 'success' : 'error', completed, messages },
})
const read = (records: Record<string, unknown>) => pastRuns(recordsSchema.parse(records))
const job = (id: string, status: string, record?: ReturnType<typeof past>, nodes = {}) => {
  const [, , prompt, extra_data] = queued(id)
  const { outputs = {}, status: execution_status = null } = record ?? {}
  return runOf(
    jobSchema.parse({ id, status, workflow: { prompt, extra_data }, outputs, execution_status, times: { nodes } }),
  )
}

describe('the list of runs', () => {
  test('has what goes on, what waits in its order, then the latest that ended first', () => {
    const end = (timestamp: number) => [['execution_success', { prompt_id: 'x', timestamp }]]
    const list = inOrder([
      job('b', 'pending'),
      job('c', 'pending'),
      job('d', 'completed', past('d', end(1000), true)),
      job('e', 'completed', past('e', end(2000), true)),
      job('a', 'in_progress'),
    ])
    expect(list.map(({ id, stage }) => `${id} ${stage}`)).toEqual([
      'a running',
      'b waiting',
      'c waiting',
      'e done',
      'd done',
    ])
    expect(list[0]).toMatchObject({ prompt: graph, workflow: { nodes: [] }, startedAt: null })
  })

  test('says of a run the same as the history', () => {
    const record = past(
      'd',
      [
        ['execution_start', { timestamp: 5 }],
        ['execution_success', { timestamp: 9 }],
      ],
      true,
      {
        '3': { images: [{ filename: 's.png', subfolder: '', type: 'output' }] },
      },
    )
    const [run] = read({ d: { ...record, node_times: { '3': 4 } } })
    expect(job('d', 'completed', record, { '3': 4 })).toEqual(run)
  })

  test('tells a failure from a cancellation, with the error and the times', () => {
    const start = ['execution_start', { timestamp: 5 }]
    const [failed, cancelled] = read({
      f: past('f', [start, ['execution_error', { timestamp: 9, exception_message: 'too large\n' }]]),
      g: past('g', [start, ['execution_interrupted', { timestamp: 8 }]]),
    })
    expect(failed).toMatchObject({ stage: 'failed', error: 'too large', startedAt: 5, endedAt: 9 })
    expect(cancelled).toMatchObject({ stage: 'cancelled', error: null })
  })

  test('has what nodes warned of', () => {
    const warning = (text: string) => ['execution_warning', { prompt_id: 'w', node_id: '1', text, timestamp: 6 }]
    const record = past('w', [warning('page 2 was left out'), ['execution_success', { timestamp: 9 }]], true)
    expect(read({ w: record })[0]).toMatchObject({ warnings: [{ node: '1', text: 'page 2 was left out' }] })
    expect(job('w', 'completed', record).warnings).toHaveLength(1)
    expect(job('w', 'pending').warnings).toEqual([])
  })

  test('calls a ZIP after what was loaded', () => {
    expect(zipName(job('z', 'pending'))).toEqual({ name: 'a.zip' })
    expect(zipName({ title: '' })).toEqual({})
  })

  test('shows saved pictures before temporary ones', () => {
    const file = (filename: string, type: string) => ({ filename, subfolder: '', type })
    const [run] = read({
      h: past('h', [], true, {
        '2': { a_images: [file('a.png', 'temp')], b_images: [file('b.png', 'temp')] },
        '3': { images: [file('s.png', 'output')] },
      }),
    })
    expect(run?.pictures.map(({ filename }) => filename)).toEqual(['s.png', 'b.png'])
  })
})
