import { execFileSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { importCheckpoint } from '../../../models/import/import.ts'
import { asUser } from '../../as-user.ts'
import { temporaryFolder } from '../import/fixtures.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const module = (path: string) => JSON.stringify(pathToFileURL(join(ROOT, path)).href)

/** What one module's function says of a path, as a user to whom files can be closed. */
function said(
  path: string,
  name: string,
  argument: string,
): { problems?: object[]; message?: string; remedy?: string } {
  const code = `
    const { ${name}: call } = await import(${module(path)})
    try {
      console.log(JSON.stringify({ problems: await call(${JSON.stringify(argument)}) }))
    } catch ({ message, remedy }) {
      console.log(JSON.stringify({ message, remedy }))
    }`
  const script = join(temporaryFolder(), 'said.mjs')
  writeFileSync(script, code)
  const [program, args] = asUser(process.execPath, ['--import', 'tsx', script])
  return JSON.parse(execFileSync(program, args, { cwd: ROOT, encoding: 'utf8' }))
}

test('a file that is closed to this user is told as such, by who verifies, opens and imports', async () => {
  const output = join(temporaryFolder(), 'model')
  await importCheckpoint({ source: join(ROOT, 'test/fixtures/upscalers/compact-x4.pth'), output, copy: true })
  const file = join(output, 'weights.bin')
  chmodSync(file, 0)
  expect(said('models/installed/verify.ts', 'findDamage', output).problems).toEqual([
    { file: 'weights.bin', problem: 'expected a file that can be read, got EACCES.' },
  ])
  expect(said('models/installed/folder.ts', 'openModelFolder', output)).toEqual({
    message: `${file}: expected a file that can be read, got EACCES.`,
    remedy: 'Let the user that runs this read the files of the model.',
  })
  expect(said('models/import/weights.ts', 'openFile', file)).toEqual({
    message: `${file}: expected a file that can be read, got EACCES.`,
    remedy: 'Let the user that runs this read it.',
  })
})
