import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession } from 'onnxruntime-node'
import { afterEach, expect, test, vi } from 'vitest'
import { SessionPool } from '../../../server/inference/session-pool.ts'
import { writeTinyModel } from './tiny-model.ts'

afterEach(() => vi.restoreAllMocks())

test('a session keeps no plan of memory for every size of picture that it has seen', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'session-pool-'))
  const create = vi.spyOn(InferenceSession, 'create')
  try {
    const pool = new SessionPool('cpu', 1e6)
    await pool.get(await writeTinyModel(join(folder, 'identity.onnx'), 'Conv'), 1)
    expect(create.mock.lastCall?.[1]).toMatchObject({ enableMemPattern: false })
    await pool.clear()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
