import { once } from 'node:events'
import { statfsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { modelFacts } from '../../models/installed/facts.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { fileRoots, runnerOptions, type ServeSettings } from '../config.ts'
import { openDatabase } from '../database/database.ts'
import { takeLock } from '../database/lock.ts'
import type { ModelChoices } from '../graph/catalogue.ts'
import { HostLog, logText } from '../host-log.ts'
import { createApp } from '../http/app.ts'
import { Previewer } from '../http/previewer.ts'
import { messageOf } from '../message-of.ts'
import { Narration } from '../narration/narration.ts'
import { packageRoot } from '../package-root.ts'
import { conditionOf } from '../runs/condition.ts'
import { Metrics } from '../runs/metrics.ts'
import { Retention } from '../runs/retention.ts'
import { Runs } from '../runs/runs.ts'
import { RunStore } from '../runs/store.ts'
import { type RunnerReady, Supervisor } from '../runs/supervisor.ts'
import { hostSurroundings } from '../runs/surroundings.ts'
import { TempLimit } from '../runs/temp-limit.ts'
import { Webhooks } from '../runs/webhooks.ts'
import type { Script } from '../script.ts'
import { Settings } from '../settings/settings.ts'
import { Hub } from '../socket/hub.ts'
import type { HostFiles } from '../storage/host-files.ts'
import { knownFailure } from '../storage/known-failure.ts'
import { Receipts } from '../storage/receipts.ts'
import type { UserFiles } from '../storage/user-files.ts'
import {
  databaseOf,
  exampleNames,
  openDataFolder,
  openUserFiles,
  shippedWorkflows,
  workflowsIn,
} from './data-folder.ts'
import { gracefulEnd } from './end-server.ts'

/**
 * How long a connection may be idle, in ms: longer than balancers of load keep theirs (Google's 600 s, others 60 to 90 s), so
 * that no request is on its way to one that is being closed.
 */
const KEPT_OPEN = 620_000
/** How long answers that have begun may take when the host ends, in ms. */
const GRACE = 5000

/** What a host is made of besides its settings. */
export interface HostParts {
  readonly files: HostFiles
  readonly models: () => Promise<ModelChoices>
  readonly runner: Script
  readonly log: (line: string) => void
}

/** A host that answers. */
export interface Host {
  readonly url: string
  /** Resolves when the runner can take runs. */
  ready(): Promise<RunnerReady>
  /** Ends sockets, runner and server; a run that is still under way then is taken up at the next start. */
  close(): Promise<void>
}

/**
 * Starts the API, the sockets and the runner; answers before the runner is ready.
 * @throws RestorationError `configuration_invalid` when the port, the address or the data folder cannot be used
 */
export async function startHost(settings: ServeSettings, parts: HostParts): Promise<Host> {
  const database = await openDataFolder(
    settings,
    () => openStores(databaseOf(settings)),
    ({ store }) => store.temporaryInputs(),
  )
  // A large picture over a slow line takes as long as it takes; bodies that stall are ended by the API.
  const server = createServer({ requestTimeout: 0, headersTimeout: 60_000, keepAliveTimeout: KEPT_OPEN })
  const hostLog = new HostLog()
  const log = (line: string) => {
    hostLog.add(line)
    parts.log(line)
  }
  let supervisor: Supervisor | undefined
  try {
    const userFiles = await openUserFiles(settings)
    const examples = new Set(await exampleNames())
    await listen(server, settings)
    // From here on nothing may wait: a request that finds no handler would never be answered.
    const { timeLimit } = settings
    supervisor = new Supervisor({ ...parts.runner, runner: runnerOptions(settings), log, timeLimit })
    return assemble({ ...parts, settings, database, server, hostLog, log, supervisor, userFiles, examples })
  } catch (error) {
    await supervisor?.close()
    server.close()
    database.close()
    throw knownFailure(error) ?? error
  }
}

interface OpenParts extends HostParts {
  readonly settings: ServeSettings
  readonly database: HostDatabase
  readonly server: Server
  readonly hostLog: HostLog
  readonly supervisor: Supervisor
  readonly userFiles: UserFiles
  readonly examples: ReadonlySet<string>
}

/** Puts the runs, the sockets and the API behind a server that listens. */
function assemble(open: OpenParts): Host {
  const { settings, database, server, hostLog, log, supervisor } = open
  const { store } = database
  const { maxUpload, maxPixels } = settings
  const pyramids = join(settings.data, 'pyramids')
  const receipts = new Receipts(fileRoots(settings).receiptsRoot)
  const { maxQueue: mostWaiting, runsAtOnce: mostAtOnce } = settings
  const runs = new Runs({ store, supervisor, receipts, log, mostWaiting, mostAtOnce })
  const narration = new Narration(runs)
  const webhooks = new Webhooks(store.deliveries, {
    keys: settings.webhookKeys,
    targets: settings.webhookTargets,
    log,
  })
  runs.subscribe((change) => {
    if (change.type === 'settled') webhooks.wake()
  })
  const { inputRoot: input, outputRoot: output, tempRoot: temp } = fileRoots(settings)
  const { keepFor } = settings
  const retention =
    keepFor === undefined
      ? undefined
      : new Retention({
          keepFor,
          folders: { input, output, temp },
          caches: [runnerOptions(settings).cacheRoot, pyramids],
          examples: open.examples,
          runs,
          renew: (file) => open.files.renew(file),
          fileIndex: store.files,
          log,
        })
  // Opening the data folder has emptied it.
  store.files.forgetAll('temp')
  const tempLimit = new TempLimit({ folder: temp, runs, files: open.files, fileIndex: store.files, log })
  const { files, models } = open
  const surroundings = hostSurroundings({ supervisor, files, models, workflow: workflowsIn(open.userFiles) })
  const hub = new Hub({ runs, narration, surroundings, policy: settings, log: hostLog, maxUpload, maxPixels })
  const previewer = new Previewer(pyramids)
  const condition = () => conditionOf(runs, supervisor)
  const root = packageRoot()
  const app = createApp({
    runs,
    narration,
    fileIndex: store.files,
    webhooks,
    metrics: new Metrics({ runs, condition, freeBytes: () => freeBytes(settings.data) }),
    condition,
    supervisor,
    surroundings,
    modelFacts: () => modelFacts(settings.modelRoots),
    files: open.files,
    userFiles: open.userFiles,
    settings: database.settings,
    hostLog,
    followLog: (clientId, isOn) => hub.followLog(clientId, isOn),
    previewer,
    policy: settings,
    maxPixels,
    maxUpload,
    client: join(root, 'dist', 'client'),
    sdk: join(root, 'dist', 'sdk'),
    workflows: shippedWorkflows(),
    log: (error) => log(logText(error)),
  })
  const endServer = gracefulEnd(server)
  server.on('request', app)
  hub.attach(server)
  return {
    url: addressOf(server, settings),
    ready: () => supervisor.ready(),
    close: async () => {
      await runs.drain(settings.drainFor)
      runs.close()
      webhooks.close()
      retention?.close()
      tempLimit.close()
      hub.close()
      await Promise.all([supervisor.close(), endServer(GRACE)])
      previewer.close()
      database.close()
    },
  }
}

/** What a folder's disk has left for those who are not its administrator. */
function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

interface HostDatabase {
  readonly store: RunStore
  readonly settings: Settings
  close(): void
}

/** Opens what the data folder keeps for this process alone: a second host would run the same runs. */
function openStores(file: string): HostDatabase {
  try {
    const release = takeLock(`${file}.lock`)
    const database = openDatabase(file)
    return {
      store: new RunStore(database),
      settings: new Settings(database),
      close: () => {
        database.close()
        release()
      },
    }
  } catch (error) {
    throw new RestorationError(
      'configuration_invalid',
      `The database ${file} cannot be opened: ${messageOf(error)}.`,
      'If another host uses this data folder, stop it or choose another folder with --data.',
      { cause: error },
    )
  }
}

async function listen(server: Server, { listen: address, port }: ServeSettings): Promise<void> {
  server.listen(port, address)
  try {
    await once(server, 'listening')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EADDRINUSE') {
      throw new RestorationError(
        'configuration_invalid',
        `Port ${port} of ${address} is in use.`,
        'Stop the program that uses it, or choose another with --port or GENDR_PORT.',
      )
    }
    throw new RestorationError(
      'configuration_invalid',
      `Listening on port ${port} of ${address} is not possible (${String(code)}).`,
      'Choose another address with --listen or another port with --port.',
      { cause: error },
    )
  }
}

function addressOf(server: Server, { listen: host }: ServeSettings): string {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
