// `npm test`: installs what is missing, builds what the stories start, then runs vitest with the given arguments.
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setUp, setUpPackages } from '../server/set-up.mjs'

const root = resolve(fileURLToPath(import.meta.url), '../..')
if (!setUp(root, {}) || !setUpPackages(join(root, 'test/story/sdks'))) process.exit(1)
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const done = spawnSync(process.execPath, [vitest, 'run', ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' })
process.exit(done.status ?? 1)
