import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, copyFile, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { asUser } from '../../as-user.ts'

const SOURCES = resolve(import.meta.dirname, '../../../server')
/** Builds a host that says what it was built from. */
const COMPILER = `
const { mkdirSync, readFileSync, writeFileSync } = require('node:fs')
mkdirSync('dist/server', { recursive: true })
writeFileSync('dist/server/main.js', 'console.log(' + JSON.stringify(readFileSync('server/main.ts', 'utf8')) + ')')
`

let root: string
let lock: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gendr-set-up-'))
  lock = join(root, '.cache/set-up.lock')
  for (const folder of ['server', 'node_modules/typescript/bin', '.cache']) {
    await mkdir(join(root, folder), { recursive: true })
  }
  for (const file of ['start.mjs', 'set-up.mjs']) await copyFile(join(SOURCES, file), join(root, 'server', file))
  await writeFile(join(root, 'server/main.ts'), 'one')
  await writeFile(join(root, 'tsconfig.build.json'), '{"include":["server","models/installed"]}')
  await writeFile(join(root, 'package-lock.json'), '{"packages":{}}')
  await writeFile(join(root, 'node_modules/.package-lock.json'), '{"packages":{}}')
  await writeFile(join(root, 'node_modules/typescript/bin/tsc'), COMPILER)
})
afterEach(async () => {
  await chmod(root, 0o755)
  await rm(root, { recursive: true })
})

const BUILDING = 'gendr: building the server …\n'

async function answer(child: ChildProcess) {
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'exit')])
  return { code, stdout, stderr }
}

function start(...args: string[]) {
  return answer(spawn(process.execPath, ['server/start.mjs', ...args], { cwd: root }))
}

function startOfUser(...args: string[]) {
  return answer(spawn(...asUser(process.execPath, ['server/start.mjs', ...args]), { cwd: root }))
}

describe('what was built', () => {
  test('is started as long as the sources say the same, whatever their dates', async () => {
    expect(await start()).toEqual({ code: 0, stdout: 'one\n', stderr: BUILDING })
    const date = new Date('2026-01-01')
    await utimes(join(root, 'server/main.ts'), date, date)
    expect(await start()).toEqual({ code: 0, stdout: 'one\n', stderr: '' })
    await writeFile(join(root, 'server/main.ts'), 'two')
    await utimes(join(root, 'server/main.ts'), date, date)
    expect(await start()).toEqual({ code: 0, stdout: 'two\n', stderr: BUILDING })
  })

  test('is built again when any folder has changed that it is built of', async () => {
    await mkdir(join(root, 'models/installed'), { recursive: true })
    for (const text of ['one', 'two']) {
      await writeFile(join(root, 'models/installed/part.ts'), text)
      expect((await start()).stderr).toBe(BUILDING)
    }
    expect((await start()).stderr).toBe('')
  })

  test('is started although it is older where nothing can be written, but not told of as a new build', async () => {
    await start()
    await writeFile(join(root, 'server/main.ts'), 'two')
    await rm(join(root, '.cache'), { recursive: true })
    await chmod(root, 0o555)
    const why = `but ${root} cannot be written (EACCES)`
    const older = await startOfUser()
    expect(older).toMatchObject({ code: 0, stdout: 'one\n', stderr: expect.stringContaining(why) })
    const build = await startOfUser('build')
    expect(build).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(why) })
  })

  test('is missed in one line where nothing can be written', async () => {
    await rm(join(root, '.cache'), { recursive: true })
    await chmod(root, 0o555)
    const { code, stderr } = await startOfUser()
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^gendr: .*\(EACCES\).*start\.mjs build.*\n$/)])
  })
})

test('packages that somebody else installed are used where they cannot be written', async () => {
  await start()
  await rm(join(root, 'node_modules/.gendr-stamp'))
  await chmod(join(root, 'node_modules'), 0o555)
  expect(await startOfUser()).toEqual({ code: 0, stdout: 'one\n', stderr: '' })
})

describe('a lock that is left', () => {
  test('empty, by a start that met a full disk, is taken after a while', async () => {
    await writeFile(lock, '')
    const minute = Date.now() / 1000 - 60
    await utimes(lock, minute, minute)
    expect(await start()).toMatchObject({ code: 0, stderr: BUILDING })
  })

  test('by a process of the same number, as in a container that starts again, is taken', async () => {
    const script = 'printf $$ > "$0"; exec "$1" server/start.mjs'
    const child = spawn('sh', ['-c', script, lock, process.execPath], { cwd: root })
    expect(await answer(child)).toMatchObject({ code: 0, stderr: BUILDING })
  })

  test('by a process that lives is waited for, which is said', async () => {
    await writeFile(lock, String(process.pid))
    const child = spawn(process.execPath, ['server/start.mjs'], { cwd: root })
    child.stderr.once('data', () => rm(lock))
    const { code, stderr } = await answer(child)
    expect(code).toBe(0)
    expect(stderr).toMatch(new RegExp(`waiting for process ${process.pid}, .*delete ${lock}\\.\n${BUILDING}$`))
  })
})
