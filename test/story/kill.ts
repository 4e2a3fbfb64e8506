import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import sharp from 'sharp'
import { freePort, root, waitUntil } from './host.ts'

/** What became of everything that was accepted. */
export interface KillReport {
  readonly kills: number
  readonly accepted: number
  /** Accepted runs that are in no list at the end, or did not end well. */
  readonly lost: readonly string[]
  /** Accepted runs that left no file, or more than one. */
  readonly notOnce: readonly string[]
  /** Files that cannot be read, or that are only drafts. */
  readonly broken: readonly string[]
  /** What SQLite says of its file. */
  readonly integrity: string
  /** Runners that outlived their host. */
  readonly orphans: readonly number[]
  /** Milliseconds from a start to the first answer. */
  readonly starts: readonly number[]
}

const SUBMITTERS = 4
/** A kill comes this long after the host has answered, in ms. */
const EARLIEST = 20
const LATEST = 700

/** Kills a host again and again at random moments while it is given work, then looks what is left. */
export async function killOften(kills: number): Promise<KillReport> {
  const data = await mkdtemp(join(tmpdir(), 'gendr-kill-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const accepted = new Set<string>()
  const starts: number[] = []
  const runners: number[] = []
  let host = await start()
  try {
    await upload(url)
    for (let kill = 0; kill < kills; kill++) {
      const work = new AbortController()
      const before = accepted.size
      const submitters = Array.from({ length: SUBMITTERS }, () => submit(url, accepted, work.signal))
      // Some kills meet a runner that is starting, most one that works.
      if (kill % 4 !== 3) await waitUntil(() => accepted.size > before, 60_000)
      await pause(EARLIEST + Math.random() * (LATEST - EARLIEST))
      const children = childrenOf(host.pid!)
      runners.push(...children)
      // Now and then the runner goes first.
      if (kill % 5 === 4 && children[0] !== undefined) {
        process.kill(children[0], 'SIGKILL')
        await pause(Math.random() * 300)
      }
      host.kill('SIGKILL')
      await once(host, 'exit')
      work.abort()
      await Promise.all(submitters)
      host = await start()
    }
    await waitUntil(async () => (await remaining(url)) === 0, 300_000)
    return { ...(await inspect(url, data, accepted)), kills, accepted: accepted.size, starts, orphans: alive(runners) }
  } finally {
    host.kill('SIGTERM')
    if (host.exitCode === null && host.signalCode === null) await once(host, 'exit')
    await rm(data, { recursive: true, force: true })
  }

  async function start(): Promise<ChildProcess> {
    const began = performance.now()
    const flags = ['serve', '--port', String(port), '--data', data, '--device', 'cpu']
    const child = spawn(process.execPath, ['server/start.mjs', ...flags], { cwd: root, stdio: 'ignore' })
    await waitUntil(async () => (await fetch(`${url}/system_stats`).catch(() => undefined))?.ok === true)
    starts.push(performance.now() - began)
    return child
  }
}

async function upload(url: string): Promise<void> {
  const picture = sharp({ create: { width: 96, height: 64, channels: 3, background: '#a05020' } })
  const form = new FormData()
  form.set('image', new Blob([new Uint8Array(await picture.png().toBuffer())]), 'kill.png')
  await fetch(`${url}/upload/image`, { method: 'POST', body: form })
}

/** Submits one run after the other; those that the host took are noted. */
async function submit(url: string, accepted: Set<string>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const id = randomUUID()
    const taken = await fetch(`${url}/prompt`, {
      method: 'POST',
      body: JSON.stringify({ prompt: graph(id), prompt_id: id }),
      signal,
    }).catch(() => undefined)
    if (taken?.ok === true) accepted.add(id)
    await pause(5)
  }
}

/** A run of its own, which no cache can answer. */
function graph(id: string) {
  return {
    1: { class_type: 'LoadImage', inputs: { image: 'kill.png' } },
    2: {
      class_type: 'ImageScaleBy',
      inputs: { image: ['1', 0], upscale_method: 'bicubic', scale_by: 1 + Math.random() },
    },
    3: { class_type: 'SaveImage', inputs: { images: ['2', 0], filename_prefix: `kill/${id}` } },
  }
}

async function inspect(url: string, data: string, accepted: ReadonlySet<string>) {
  const files = (await readdir(join(data, 'output'), { recursive: true, withFileTypes: true })).filter((f) =>
    f.isFile(),
  )
  const names = files.map(({ name }) => name)
  const lost: string[] = []
  const notOnce: string[] = []
  for (const id of accepted) {
    const { [id]: record } = (await (await fetch(`${url}/history/${id}`)).json()) as Records
    if (record?.status.completed !== true) lost.push(id)
    const own = names.filter((name) => name.startsWith(id))
    const told = record?.outputs['3']?.images?.map(({ filename }) => filename) ?? []
    if (own.length !== 1 || told.length !== 1 || own[0] !== told[0]) notOnce.push(id)
  }
  const broken: string[] = []
  for (const { name, parentPath } of files) {
    const isWhole = await sharp(join(parentPath, name), { failOn: 'warning' })
      .raw()
      .toBuffer()
      .catch(() => undefined)
    if (isWhole === undefined) broken.push(name)
  }
  const inputs = await readdir(join(data, 'input'), { recursive: true })
  broken.push(...inputs.filter((name) => name.endsWith('.part')))
  const database = new Database(join(data, 'gendr.db'), { readonly: true })
  const { integrity_check: integrity } = database.prepare('PRAGMA integrity_check').get() as { integrity_check: string }
  database.close()
  return { lost, notOnce, broken, integrity }
}

type Records = Record<
  string,
  { status: { completed: boolean }; outputs: Record<string, { images?: { filename: string }[] }> } | undefined
>

async function remaining(url: string): Promise<number> {
  const body = (await (await fetch(`${url}/prompt`)).json()) as { exec_info: { queue_remaining: number } }
  return body.exec_info.queue_remaining
}

function childrenOf(pid: number): number[] {
  try {
    const table = execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
    return table.split('\n').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

function alive(pids: readonly number[]): number[] {
  return pids.filter((pid) => {
    try {
      return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).includes('runner/main')
    } catch {
      return false
    }
  })
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, milliseconds))
}
