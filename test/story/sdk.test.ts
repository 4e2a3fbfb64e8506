import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser, withoutBrowser } from './browser.ts'
import { invertGraph, restoreGraph } from './graphs.ts'
import { type Host, root, startHost, waitUntil } from './host.ts'

/** The client for programs as they get it: built, in Node.js and in a browser. */

let host: Host
let photograph: Buffer
let Gendr: typeof import('../../client/sdk/index.ts').Gendr
beforeAll(async () => {
  host = await startHost()
  photograph = await readFile(join(root, 'workflows/photographs/old-photograph.jpg'))
  Gendr = (await import(pathToFileURL(join(root, 'dist/sdk/index.js')).href)).Gendr
})
afterAll(() => host.stop())

test('a program restores a picture, follows it, and finds it in the history', async () => {
  const gendr = new Gendr(host.url)
  const photo = await gendr.upload(photograph, 'photo.jpg')
  const { width = 0, height = 0 } = await sharp(photograph).metadata()
  const run = await gendr.run(restoreGraph(photo.input, { tileSize: 256 }), { set: ['restore.scale=2'] })
  const types = new Set<string>()
  const { images, times } = await run.result({ onEvent: ({ type }) => types.add(type) })
  expect([...types]).toEqual(expect.arrayContaining(['execution_start', 'progress', 'executed', 'execution_success']))
  const restored = await sharp(await gendr.download(images[0])).metadata()
  expect([restored.width, restored.height]).toEqual([2 * width, 2 * height])
  expect(times.nodes.restore).toBeGreaterThan(0)
  const { jobs } = await gendr.history({ status: ['completed'], limit: 1 })
  expect(jobs).toMatchObject([{ id: run.id, outputs_count: 1 }])
  // The result is known by its content, and need not be sent to be used again.
  const again = await gendr.upload(await gendr.download(images[0]), 'again.png')
  expect(again.input).toBe('again.png')
  const inverted = await gendr.run(invertGraph(again.input))
  expect((await inverted.result()).status).toBe('completed')
})

test('a program that waits hears of the end although the host was killed', async () => {
  const gendr = new Gendr(host.url)
  const photo = await gendr.upload(photograph, 'photo.jpg')
  const run = await gendr.run(restoreGraph(photo.input, { scale: 4, tileSize: 256, overlap: 72, prefix: 'survives' }))
  const result = run.result()
  await waitUntil(async () => (await run.state()).status === 'in_progress')
  host.process.kill('SIGKILL')
  await once(host.process, 'exit')
  const { port } = new URL(host.url)
  const flags = ['serve', '--port', port, '--data', host.data, '--device', 'cpu']
  const second = spawn(process.execPath, ['server/start.mjs', ...flags], { cwd: root, stdio: 'ignore' })
  try {
    const { status, images } = await result
    expect([status, images.length]).toEqual(['completed', 1])
    expect(images[0]!.filename).toBe('survives_00001_.png')
  } finally {
    second.kill('SIGTERM')
    await once(second, 'exit')
  }
  host = await startHost()
})

test('a program installs it from the host into an empty folder, and knows its types', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gendr-program-'))
  const run = (...[command, ...args]: [string, ...string[]]) => promisify(execFile)(command, args, { cwd: folder })
  await writeFile(join(folder, 'package.json'), '{"type": "module"}')
  await run('npm', 'install', '--no-audit', '--no-fund', `${host.url}/sdk/gendr-graph-sdk.tgz`)
  const program = `
    import { Gendr, type Result } from 'gendr-graph-sdk'
    const run = await new Gendr('${host.url}').run(${JSON.stringify(invertGraph('old-photograph.jpg'))})
    const { status, images }: Result = await run.result()
    // Of types that were lost, and so any, this would be true.
    const isAny: 0 extends 1 & typeof status ? true : false = false
    console.log(status, images.length)`
  await writeFile(join(folder, 'program.ts'), program)
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  await run(process.execPath, tsc, '--strict', '--module', 'nodenext', '--lib', 'es2023,dom', 'program.ts')
  expect((await run(process.execPath, 'program.js')).stdout).toBe('completed 1\n')
  expect(await readdir(join(folder, 'node_modules'))).toEqual(['.package-lock.json', 'gendr-graph-sdk'])
  await rm(folder, { recursive: true })
})

describe.skipIf(withoutBrowser)('in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser?.close())

  test('a page imports it from the host', async () => {
    const page = await browser.newPage()
    await page.goto(`${host.url}/`)
    const graph = invertGraph('old-photograph.jpg')
    // As text: the test's own tools would rewrite the import.
    const outcome = await page.evaluate(`(async () => {
      const { Gendr } = await import(location.origin + '/sdk/index.js')
      const run = await new Gendr(location.origin).run(${JSON.stringify(graph)})
      const { status, images } = await run.result()
      return { status, count: images.length }
    })()`)
    expect(outcome).toEqual({ status: 'completed', count: 1 })
    await page.close()
  })
})
