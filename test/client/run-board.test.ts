import { describe, expect, test } from 'vitest'
import { readRefusal } from '../../client/host/refusal.ts'
import { boardOfRun, EMPTY_BOARD, progressOf, told, withWords } from '../../client/host/run-board.ts'
import type { ServerMessage } from '../../server/protocol/messages.ts'
import { promptOf } from './prompt-of.ts'

const run = (messages: readonly ServerMessage[]) =>
  messages.reduce(
    (board, message, i) => told(board, message, 1000 * i),
    boardOfRun(EMPTY_BOARD, 'r', promptOf('1', '2'), 0),
  )

const image = { filename: 'x.png', subfolder: '', type: 'output' } as const

describe('the board of a run', () => {
  test('follows the messages from start to end', () => {
    const board = run([
      { type: 'execution_start', data: { prompt_id: 'r', timestamp: 0 } },
      { type: 'execution_cached', data: { prompt_id: 'r', timestamp: 0, nodes: ['1'] } },
      { type: 'executing', data: { prompt_id: 'r', node: '2' } },
      { type: 'progress', data: { prompt_id: 'r', node: '2', value: 1, max: 4 } },
    ])
    expect(board.nodes.get('2')).toMatchObject({ state: 'running', value: 1, max: 4 })
    expect(progressOf(board)).toBeCloseTo(0.625)
    const done = [
      { type: 'executed', data: { prompt_id: 'r', node: '2', display_node: '2', output: { images: [image] } } },
      { type: 'execution_success', data: { prompt_id: 'r', timestamp: 0 } },
    ] satisfies ServerMessage[]
    const ended = done.reduce((at, message) => told(at, message, 9000), board)
    expect(ended).toMatchObject({ state: 'done', endedAt: 9000 })
    expect(ended.outputs.get('2')?.images).toEqual([image])
    expect(ended.nodes.get('2')?.took).toBe(7000)
  })

  test('puts an error on the node that failed, with what to do', () => {
    const board = run([
      {
        type: 'execution_error',
        data: {
          prompt_id: 'r',
          node_id: '2',
          node_type: 'GenDRRestore',
          executed: [],
          exception_message: 'The overlap is too large.\n',
          exception_type: 'invalid_input',
          traceback: [],
          current_inputs: {},
          current_outputs: [],
          timestamp: 0,
          code: 'invalid_input',
          remedy: 'Choose at most half the tile size.',
        },
      },
    ])
    expect(board.state).toBe('failed')
    expect(board.nodes.get('2')?.error).toBe('The overlap is too large.\nChoose at most half the tile size.')
  })

  test('keeps what a node says of its work, each line once, until the next run', () => {
    const said = ['noise 2\n noise 3\n', 'noise 3'].reduce((board, text) => withWords(board, '2', text), run([]))
    expect(said.nodes.get('2')?.said).toEqual(['noise 2', 'noise 3'])
    expect(withWords(said, 'of another run', 'noise 4')).toBe(said)
    expect(boardOfRun(said, 'next', promptOf('2'), 0).nodes.get('2')?.said).toBeUndefined()
  })

  test('leaves other runs alone', () => {
    const board = run([])
    expect(told(board, { type: 'executing', data: { prompt_id: 'other', node: '1' } }, 0)).toBe(board)
  })
})

describe('a refusal', () => {
  test('says for each node what it needs', () => {
    const body = {
      error: { type: 'prompt_outputs_failed_validation', message: 'Prompt outputs failed validation', details: '' },
      node_errors: {
        '3': { errors: [{ type: 'required_input_missing', message: 'Required input is missing', details: 'images' }] },
      },
    }
    expect(readRefusal(body).nodes.get('3')).toBe('‘images’ is not connected. Draw a link to it.')
  })

  test('of any shape becomes words', () => {
    expect(readRefusal('<html>').message).toBe('The host refused this graph.')
    expect(readRefusal(undefined).nodes.size).toBe(0)
  })
})
