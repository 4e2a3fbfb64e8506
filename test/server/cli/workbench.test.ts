import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Workbench } from '../../../server/cli/workbench.ts'
import { workSettings } from '../../../server/config.ts'
import { fakeGraph, fakeRunner } from '../runs/fake-host.ts'

let data: string
let workbench: Workbench
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'gendr-bench-'))
  workbench = await Workbench.open(workSettings({ data }, {}), fakeRunner)
})
afterAll(async () => {
  await workbench.close()
  await rm(data, { recursive: true })
})

const job = (behaviour: string, signal = new AbortController().signal) => ({
  graph: fakeGraph(behaviour),
  settings: [],
  attachments: { a: Uint8Array.of(1, 2) },
  signal,
})

describe('a run of the command line', () => {
  test('gives what the graph would have saved', async () => {
    const [result] = await workbench.run(job('result'))
    expect(result).toMatchObject({ filename: 'a.png', format: 'image/png' })
    expect([...result!.bytes]).toEqual([1, 2])
  })

  test('fails with the error of the run, or with the first complaint about the graph', async () => {
    await expect(workbench.run(job('fail'))).rejects.toMatchObject({ code: 'invalid_input', remedy: 'Do not.' })
    await expect(
      workbench.run({ ...job('x'), graph: { 1: { class_type: 'Nope', inputs: {} } } }),
    ).rejects.toMatchObject({
      code: 'workflow_invalid',
      message: expect.stringContaining('Nope'),
    })
    await expect(workbench.run({ ...job('x'), settings: ['Fake.behaviour'] })).rejects.toThrow(/node\.parameter=value/)
  })

  test('is refused as a whole when one of its outputs cannot run', async () => {
    const graph = { ...fakeGraph('result', '1'), 2: { class_type: 'Fake', inputs: {} } }
    await expect(workbench.run({ ...job('result'), graph })).rejects.toMatchObject({
      code: 'workflow_invalid',
      message: expect.stringContaining('Node 2 (Fake)'),
    })
  })

  test('stops when it is aborted, before or in the middle', async () => {
    await expect(workbench.run(job('steps 1000', AbortSignal.abort()))).rejects.toMatchObject({ code: 'interrupted' })
    await expect(workbench.run(job('steps 1000', AbortSignal.timeout(200)))).rejects.toMatchObject({
      code: 'interrupted',
    })
  })
})
