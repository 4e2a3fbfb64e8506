#!/usr/bin/env node
// The way in: installs and builds what is missing or stale, then runs the built host in this process. Plain JavaScript
// without dependencies, and quick when there is nothing to do.
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const NEEDED = [20, 19]
const [major, minor] = process.versions.node.split('.').map(Number)

if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  process.stderr.write(
    `gendr: Node.js ${NEEDED.join('.')} or newer is needed; this is ${process.versions.node}. Install it from nodejs.org.\n`,
  )
  process.exit(1)
}

const root = resolve(fileURLToPath(import.meta.url), '../..')
const { setUp } = await import('./set-up.mjs')
const onlyBuild = process.argv[2] === 'build'
if (!setUp(root, { client: false, mayBeOlder: !onlyBuild })) process.exit(1)
if (onlyBuild || isServe(process.argv[2])) {
  const isBuilt = setUp(root, { server: false, mayBeOlder: !onlyBuild })
  if (!isBuilt && onlyBuild) process.exit(1)
  if (!isBuilt) process.stderr.write('gendr: starting without the editor; the API works.\n')
}
if (!onlyBuild) await import(pathToFileURL(resolve(root, 'dist/server/main.js')).href)

/** Whether a command needs the editor. */
function isServe(command) {
  return command === undefined || command === 'serve' || command.startsWith('-')
}
