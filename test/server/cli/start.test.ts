import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
let data: string
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'gendr-start-'))
})
afterAll(() => rm(data, { recursive: true }))

function gendr(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((done) => {
    execFile(process.execPath, ['--import', 'tsx', 'server/main.ts', ...args], { cwd: root }, (error, stdout, stderr) =>
      done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    )
  })
}

describe('the command line', () => {
  test.each<[string, string[], RegExp]>([
    ['an unknown command', ['frobnicate'], /no command 'frobnicate'.*restore/],
    ['an unknown flag', ['serve', '--prot', '1'], /--prot/],
    ['an argument too few', ['restore', 'a'], /restore IN OUT/],
    [
      'flags that say different things',
      ['restore', 'a', 'b', '--overwrite', '--skip-existing'],
      /--overwrite and --skip-existing/,
    ],
    ['a setting that does not fit', ['--port', 'x'], /--port.*'x'/],
    ['an open address without a token', ['--listen', '0.0.0.0'], /--token/],
  ])('refuses %s with exit code 2 and one line', async (_name, args, words) => {
    const { code, stderr } = await gendr(...args)
    expect(code).toBe(2)
    expect(stderr).toMatch(words)
    expect(stderr.trim().split('\n').length).toBe(1)
  })

  test.each([
    'null',
    '{"1":null}',
    '{"1":{"class_type":"LoadImage"}}',
    '{"1":{"class_type":"LoadImage","inputs":null}}',
  ])('refuses the graph %s in one line', async (graph) => {
    const file = join(data, 'graph.json')
    await writeFile(file, graph)
    const { code, stderr } = await gendr('run', file, '--data', data)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^gendr: .+\n$/)
  })

  test.each([
    ['serve', '--port', '0'],
    ['restore', 'workflows/photographs', '/tmp/never'],
    ['run', 'workflows/restore-photo.json'],
    ['import', 'test/fixtures/nowhere.safetensors', '--name', 'x'],
  ])('says at once that its data folder cannot be written: %s', { timeout: 30_000 }, async (...args) => {
    const file = join(data, 'no-folder')
    await writeFile(file, '')
    for (const folder of [file, join(file, 'data')]) {
      const { code, stderr } = await gendr(...args, '--data', folder)
      expect(stderr).toMatch(/^gendr: The data folder .*no-folder.* cannot be written: .* --data or GENDR_DATA\.\n$/)
      expect(code).toBe(2)
    }
  })

  test('goes on when nobody reads what it prints', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'server/main.ts', 'nodes'], { cwd: root })
    child.stdout.destroy()
    let said = ''
    child.stderr.on('data', (text) => {
      said += text
    })
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(said).toBe('')
  })

  test('goes on when nobody reads what it complains of', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'server/main.ts', 'frobnicate'], { cwd: root })
    child.stderr.destroy()
    expect(await once(child, 'exit')).toEqual([2, null])
  })

  test('explains itself', async () => {
    expect((await gendr('--help')).stdout).toMatch(/restore IN OUT/)
    expect((await gendr('serve', '--help')).stdout).toMatch(/--port.*\[GENDR_PORT\]/)
  })

  test('says at the start of the host how many models there are, whatever their settings', async () => {
    const args = [
      '--import',
      'tsx',
      'server/main.ts',
      '--port',
      '0',
      '--data',
      join(data, 'counted'),
      '--device',
      'cpu',
    ]
    const child = spawn(process.execPath, args, { cwd: root })
    const [said] = await once(child.stdout, 'data')
    child.kill('SIGTERM')
    await once(child, 'exit')
    expect(String(said)).toMatch(/, 1 model on CPU/)
  })

  test('names the remedy when the port is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const { code, stderr } = await gendr('serve', '--port', String(port), '--data', data)
    expect(code).toBe(2)
    expect(stderr).toMatch(new RegExp(`Port ${port} of 127.0.0.1 is in use.*--port`))
    server.close()
  })
})
