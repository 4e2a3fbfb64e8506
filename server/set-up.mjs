// Brings node_modules and dist/ up to date, for start.mjs and test/run.mjs. When nothing is stale it only reads the sources,
// of which neither a container's image nor a checkout keeps the dates. Several starts at the same time are safe: one of them
// works, the others wait for it.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const CLIENT_SOURCES = ['client', 'server/protocol', 'server/graph', 'nodes/sdk', 'package.json']

const SERVER = join('dist', 'server', 'main.js')
const CLIENT = join('dist', 'client', 'index.html')

const TSC = join('node_modules', 'typescript', 'bin', 'tsc')
const VITE = join('node_modules', 'vite', 'bin', 'vite.js')
const PACK = join('client', 'sdk', 'pack.mjs')

/** What the system answers where a user may not write. */
const CLOSED = ['EACCES', 'EPERM', 'EROFS']

/**
 * @param {string} root the folder of package.json
 * @param {{ server?: boolean, client?: boolean, mayBeOlder?: boolean }} parts what has to be built, and whether what was built
 *   before does where nothing can be written
 * @returns {boolean} whether all is in place; if not, why was printed
 */
export function setUp(root, { server = true, client = true, mayBeOlder = false }) {
  if (isInstalled(root) && isBuilt(root, server, client)) return true
  try {
    return locked(root, () => {
      if (!isInstalled(root) && !install(root)) return false
      if (server && !isServerBuilt(root) && !buildServer(root)) return false
      return !client || isClientBuilt(root) || buildClient(root)
    })
  } catch (error) {
    if (!CLOSED.includes(error.code)) throw error
    const why = `something is to be installed or built, but ${root} cannot be written (${error.code})`
    const parts = ['node_modules', ...(server ? [SERVER] : []), ...(client ? [CLIENT] : [])]
    if (!mayBeOlder || !parts.every((part) => existsSync(join(root, part)))) {
      return fail(`${why}. Run \`node server/start.mjs build\` as a user who may.`)
    }
    say(`${why}: what is there is started as it is.`)
    return true
  }
}

/**
 * @param {string} folder one with a package.json and a lock file of its own
 * @returns {boolean} whether its packages are there; if not, why was printed
 */
export function setUpPackages(folder) {
  return isInstalled(folder) || locked(folder, () => isInstalled(folder) || install(folder))
}

function isBuilt(root, server, client) {
  return (!server || isServerBuilt(root)) && (!client || isClientBuilt(root))
}

function isInstalled(root) {
  const wanted = hashOf(readFileSync(join(root, 'package-lock.json')))
  const stamp = join(root, 'node_modules', '.gendr-stamp')
  if (readStamp(stamp) === wanted) return true
  if (!agreesWithLock(root)) return false
  try {
    writeFileSync(stamp, wanted)
  } catch (error) {
    // It only makes the next start quicker.
    if (!CLOSED.includes(error.code)) throw error
  }
  return true
}

/** Whether a node_modules that someone else installed holds what the lock file says; npm leaves a copy of it there. */
function agreesWithLock(root) {
  const installed = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(installed)) return false
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const present = JSON.parse(readFileSync(installed, 'utf8')).packages
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || present[path]?.version === version || (optional === true && present[path] === undefined),
  )
}

function install(root) {
  say('installing the dependencies …')
  const isWindows = process.platform === 'win32'
  const done = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
    shell: isWindows,
  })
  if (done.status !== 0)
    return fail('The dependencies cannot be installed; npm says why above. Check the network and .npmrc.')
  writeFileSync(join(root, 'node_modules', '.gendr-stamp'), hashOf(readFileSync(join(root, 'package-lock.json'))))
  return true
}

/** What the compiler is told to build the server of. */
function serverSources(root) {
  const { include } = JSON.parse(readFileSync(join(root, 'tsconfig.build.json'), 'utf8'))
  return [...include, 'tsconfig.json', 'tsconfig.build.json']
}

function isServerBuilt(root) {
  const isThere = existsSync(join(root, SERVER))
  return isThere && readStamp(join(root, 'dist', '.server-stamp')) === fingerprint(root, serverSources(root))
}

function buildServer(root) {
  say('building the server …')
  const before = fingerprint(root, serverSources(root))
  if (!existsSync(join(root, SERVER))) rmSync(join(root, 'dist', '.tsbuildinfo'), { force: true })
  if (!runTool(root, TSC, ['-p', 'tsconfig.build.json'])) {
    return fail('The server cannot be built; the compiler says why above.')
  }
  writeFileSync(join(root, 'dist', '.server-stamp'), before)
  return true
}

/** Also true where there is no editor to build. */
function isClientBuilt(root) {
  if (!existsSync(join(root, 'client', 'index.html'))) return true
  const isThere = existsSync(join(root, CLIENT))
  return isThere && readStamp(join(root, 'dist', '.client-stamp')) === fingerprint(root, CLIENT_SOURCES)
}

function buildClient(root) {
  say('building the editor …')
  const before = fingerprint(root, CLIENT_SOURCES)
  if (!runTool(root, VITE, ['build', 'client', '--logLevel', 'warn'])) {
    return fail('The editor cannot be built; Vite says why above.')
  }
  if (!runTool(root, TSC, ['-p', join('client', 'sdk')])) {
    return fail('The client for programs cannot be built; the compiler says why above.')
  }
  if (!runTool(root, PACK, [])) return fail('The client for programs cannot be packed; npm says why above.')
  writeFileSync(join(root, 'dist', '.client-stamp'), before)
  return true
}

function runTool(root, script, args) {
  const done = spawnSync(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
  })
  return done.status === 0
}

/** Names and contents of all files below some paths, as one hash. */
function fingerprint(root, paths) {
  const hash = createHash('sha256')
  const visit = (path) => {
    const info = statSync(join(root, path), { throwIfNoEntry: false })
    if (info === undefined) return
    if (info.isDirectory()) {
      for (const name of readdirSync(join(root, path)).sort()) visit(`${path}/${name}`)
    } else {
      const bytes = readFileSync(join(root, path))
      hash.update(`${path} ${bytes.length}\n`).update(bytes)
    }
  }
  for (const path of paths) visit(path)
  return hash.digest('hex')
}

/** Milliseconds between two looks at a lock, and until it is said who has it. */
const PAUSE = 200
const PATIENCE = 2000

/** Runs `work` while no other process does. */
function locked(root, work) {
  const folder = join(root, '.cache')
  const lock = join(folder, 'set-up.lock')
  mkdirSync(folder, { recursive: true })
  for (let waited = 0; !take(lock); ) {
    if (isStale(lock)) {
      rmSync(lock, { force: true })
      continue
    }
    const holder = readStamp(lock)
    if (waited === PATIENCE && holder) {
      say(`waiting for process ${holder}, which installs or builds. If there is no such start, delete ${lock}.`)
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE)
    waited += PAUSE
  }
  try {
    return work()
  } finally {
    rmSync(lock, { force: true })
  }
}

/** Milliseconds that a lock may be empty after it was made; later it is one of a start that met a full disk. */
const EMPTY = 5000

/** Whether the start that made a lock has ended; a container that starts again may be the same process by its number. */
function isStale(lock) {
  const holder = readStamp(lock)
  if (holder === undefined) return false
  if (holder !== '') return Number(holder) === process.pid || !isAlive(Number(holder))
  const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs
  return made !== undefined && Date.now() - made > EMPTY
}

function take(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function readStamp(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

function hashOf(data) {
  return createHash('sha256').update(data).digest('hex')
}

function say(text) {
  process.stderr.write(`gendr: ${text}\n`)
}

function fail(text) {
  say(text)
  return false
}
