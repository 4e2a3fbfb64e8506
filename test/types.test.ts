import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const compiler = join(root, 'node_modules/typescript/bin/tsc')

// Vite and vitest drop types without a look at them.
test.each(['.', 'client'])('the compiler agrees with what tsconfig.json in %s includes', async (project) => {
  const words = await new Promise<string>((tell) => {
    execFile(process.execPath, [compiler, '--noEmit', '-p', project], { cwd: root }, (error, stdout) =>
      tell(stdout || (error?.message ?? '')),
    )
  })
  expect(words).toBe('')
})
