// Makes an npm package of what the compiler has put into dist/sdk, in there: the host serves it beside the modules, so that
// whoever has a host has the client of its version, and no registry has to know it.
import { spawnSync } from 'node:child_process'
import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(fileURLToPath(import.meta.url), '../../..')
const folder = join(root, 'dist', 'sdk')

const { name: host, version, license, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const name = `${host}-sdk`
const description = {
  name,
  version,
  description: `The client for programs of ${host} ${version}`,
  license,
  type: 'module',
  engines,
  sideEffects: false,
  exports: { '.': { types: './index.d.ts', default: './index.js' } },
  files: ['*.js', '*.d.ts'],
}
writeFileSync(join(folder, 'package.json'), `${JSON.stringify(description, null, 2)}\n`)
copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
const { status } = spawnSync('npm', ['pack', '--loglevel=error'], {
  cwd: folder,
  stdio: ['ignore', 'ignore', 'inherit'],
  shell: process.platform === 'win32',
})
if (status === 0) renameSync(join(folder, `${name}-${version}.tgz`), join(folder, `${name}.tgz`))
process.exit(status ?? 1)
