import { fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { FromRunner, RunnerOptions } from '../../../server/runner/messages.ts'

const main = fileURLToPath(new URL('../../../server/runner/main.ts', import.meta.url))

test('the process says what it offers, answers a run, and ends without a word when the host is gone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'runner-'))
  const options: RunnerOptions = {
    inputRoot: join(folder, 'input'),
    outputRoot: join(folder, 'output'),
    tempRoot: join(folder, 'temp'),
    receiptsRoot: join(folder, 'receipts'),
    modelRoots: [],
    device: 'cpu',
    threads: 1,
    maxPixels: 1e6,
    cacheBytes: 1e6,
    diskCacheBytes: 0,
    cacheRoot: join(folder, 'cache'),
    saveMetadata: true,
  }
  const child = fork(main, [JSON.stringify(options)], {
    execArgv: ['--import', 'tsx'],
    serialization: 'advanced',
    silent: true,
  })
  let words = ''
  child.stderr?.on('data', (text) => {
    words += text
  })
  try {
    const last = await new Promise<FromRunner>((resolve, reject) => {
      child.on('exit', () => reject(new Error(words)))
      child.on('message', (message: FromRunner) => {
        if (message.type === 'ready') {
          expect(message.device.provider).toBe('cpu')
          expect(message.catalogue.map(({ id }) => id)).toContain('GenDRRestore')
          const prompt = {
            m: { class_type: 'GenDRModelLoader', inputs: { model_name: 'none' } },
            l: { class_type: 'LoadImage', inputs: { image: 'a.png' } },
            r: { class_type: 'GenDRRestore', inputs: { image: ['l', 0], model: ['m', 0] } },
            s: { class_type: 'SaveImage', inputs: { images: ['r', 0] } },
          }
          const run = { id: '1', prompt, outputs: ['s'], extraPnginfo: {}, attachments: {}, delivery: 'memory' }
          child.send({ type: 'run', run })
        } else if (message.type === 'events' && message.events.at(-1)?.type === 'failed') resolve(message)
      })
    })
    expect(last.type === 'events' && last.events.at(-1)).toMatchObject({
      runId: '1',
      error: { code: expect.stringMatching(/^(file|model)_not_found$/) },
    })
    child.removeAllListeners('exit')
    const ended = new Promise((resolve) => child.on('exit', resolve))
    child.disconnect()
    await ended
    expect(words).toBe('')
  } finally {
    child.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
})
