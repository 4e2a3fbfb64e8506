import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { restoreGraph } from './graphs.ts'
import { Listener, root } from './host.ts'
import { host, onHost } from './stage.ts'

const photograph = join(root, 'workflows/photographs/old-photograph.jpg')
onHost()

describe('a run over the socket', () => {
  test('returns the restored picture on the same socket and leaves no file', async () => {
    const before = await filesUnder(host.data)
    const listener = await Listener.open(host.url, 'sender')
    listener.sendFrame({ name: 'mine.jpg' }, await readFile(photograph))
    listener.sendJson({ type: 'run', data: { id: 'a', workflow: restoreGraph('mine.jpg', { scale: 2 }) } })
    const accepted = await listener.until('run_accepted')
    expect(accepted.data.id).toBe('a')
    await listener.until('execution_success', (data) => data.prompt_id === accepted.data.prompt_id)
    const results = listener.frames.filter(({ kind }) => kind === 17)
    expect(results.map(({ header }) => header)).toMatchObject([
      { prompt_id: accepted.data.prompt_id, node_id: 'save', index: 0 },
    ])
    expect(await sharp(results[0]!.bytes).metadata()).toMatchObject({ format: 'png', width: 512, height: 384 })
    expect(await filesUnder(host.data)).toEqual(before)
    listener.close()
  })

  test('a graph that cannot run is rejected with the reason', async () => {
    const listener = await Listener.open(host.url, 'rejected')
    listener.sendJson({ type: 'run', data: { id: 'b', workflow: restoreGraph('never-sent.jpg') } })
    const rejected = await listener.until('run_rejected')
    expect(JSON.stringify(rejected.data)).toContain('never-sent.jpg')
    listener.close()
  })

  test('nonsense is answered, not fatal', async () => {
    const listener = await Listener.open(host.url, 'nonsense')
    listener.socket.send('{')
    listener.socket.send(Buffer.from([0, 0, 0, 16, 255, 255, 255, 255, 1]))
    listener.sendJson({ type: 'run', data: { workflow: 7 } })
    listener.sendJson({ type: 'ping' })
    await listener.until('pong')
    listener.close()
  })
})

describe('the script in the README', () => {
  test('sends a photograph over the socket and writes the restored one', async () => {
    const readme = await readFile(join(root, 'README.md'), 'utf8')
    const script = /```js\n([\s\S]*?)```/.exec(readme)![1]!
    const folder = await mkdtemp(join(root, 'test/readme-'))
    try {
      await writeFile(join(folder, 'send.mjs'), script)
      const output = join(folder, 'restored.png')
      await promisify(execFile)(process.execPath, [join(folder, 'send.mjs'), photograph, output], {
        cwd: root,
        env: { ...process.env, GENDR_URL: `${host.url.replace('http', 'ws')}/ws` },
      })
      expect(await sharp(output).metadata()).toMatchObject({ width: 1024, height: 768 })
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe('the command line', () => {
  const gendr = (...args: string[]) =>
    promisify(execFile)(process.execPath, ['server/start.mjs', ...args], { cwd: root })

  test('restores a file and a folder, and keeps going past a bad file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gendr-cli-'))
    try {
      const small = await sharp(photograph).resize(48, 36).jpeg().toBuffer()
      await writeFile(join(folder, 'one.jpg'), small)
      await gendr('restore', join(folder, 'one.jpg'), join(folder, 'one.png'), '--scale', '3', '--data', folder)
      expect(await sharp(join(folder, 'one.png')).metadata()).toMatchObject({ width: 144, height: 108 })

      const pictures = join(folder, 'in')
      await promisify(execFile)('mkdir', [pictures])
      for (const name of ['a.jpg', 'b.jpg']) await writeFile(join(pictures, name), small)
      await writeFile(join(pictures, 'bad.jpg'), 'no picture')
      const outcome = await gendr('restore', pictures, join(folder, 'out'), '--data', folder).catch((error) => error)
      expect(outcome.code).toBe(1)
      expect(outcome.stderr + outcome.stdout).toContain('bad.jpg')
      expect((await readdir(join(folder, 'out'))).sort()).toEqual(['a.png', 'b.png'])
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test.skipIf(hasCuda)('says in words that CUDA is not there, and what to do', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gendr-cli-'))
    const use = ['--device', 'cuda', '--data', folder]
    for (const args of [
      ['restore', photograph, join(folder, 'one.png'), ...use],
      ['serve', '--port', '0', ...use],
    ]) {
      const outcome = await gendr(...args).catch((error) => error)
      expect(outcome.code).toBe(1)
      expect(outcome.stderr).toMatch(/^gendr: .*CUDA.*asked for.*--device auto.*docs\/devices\.md/)
      expect(outcome.stderr.trim().split('\n')).toHaveLength(1)
    }
    await rm(folder, { recursive: true })
  })

  test('refuses flags that do not exist', async () => {
    const outcome = await gendr('restore', 'a', 'b', '--sclae', '2').catch((error) => error)
    expect(outcome.code).toBe(2)
    expect(outcome.stderr).toContain('--sclae')
  })
})

/** Whether the provider's library was added (docs/devices.md). */
const hasCuda = existsSync(
  join(
    root,
    'node_modules/onnxruntime-node/bin/napi-v6',
    process.platform,
    process.arch,
    'libonnxruntime_providers_cuda.so',
  ),
)

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('gendr.db'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}
