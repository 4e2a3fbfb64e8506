import { expect, test } from 'vitest'
import type { Host } from '../../client/host/host.ts'
import type { RunBoard } from '../../client/host/run-board.ts'
import { RunControl } from '../../client/host/run-control.ts'
import type { ServerMessage } from '../../server/protocol/messages.ts'

test('a run that ends before the host has answered its submission is known with all that was asked of it', async () => {
  const boards: { readonly board: RunBoard; readonly upTo: ReturnType<RunControl['upToOf']> }[] = []
  const messages = [
    { type: 'execution_start', data: { prompt_id: 'a', timestamp: 1 } },
    { type: 'execution_success', data: { prompt_id: 'a', timestamp: 2 } },
  ] as const satisfies readonly ServerMessage[]
  const submit = async () => {
    for (const message of messages) control.hear({ kind: 'message', message })
    return { ok: true, id: 'a', nodeErrors: new Map() } as const
  }
  const control: RunControl = new RunControl(
    { submit } as unknown as Host,
    () => {},
    (board) => boards.push({ board, upTo: control.upToOf(board.run) }),
    { setItem: () => {} } as unknown as Storage,
  )
  const upTo = { node: '2', shown: '2-preview' }
  await control.start({ prompt: { '2': { class_type: 'ImageInvert', inputs: {} } }, workflow: {}, upTo })
  expect(boards.at(-1)).toMatchObject({ board: { run: 'a', state: 'done' }, upTo })
  expect(boards.every((shown) => shown.board.run === null || shown.upTo !== undefined)).toBe(true)
})
