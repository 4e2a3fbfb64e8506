import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { modelFacts } from '../../models/import/facts.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { fileRoots, runnerOptions, type ServeSettings } from '../config.ts'
import type { ModelChoices } from '../graph/catalogue.ts'
import { createApp } from '../http/app.ts'
import type { HostFiles } from '../http/files.ts'
import { HostLog } from '../http/host-log.ts'
import { Previewer } from '../http/previewer.ts'
import { packageRoot } from '../package-root.ts'
import { takeLock } from '../runs/lock.ts'
import { Runs } from '../runs/runs.ts'
import type { Script } from '../runs/script.ts'
import { Settings } from '../runs/settings.ts'
import { RunStore } from '../runs/store.ts'
import { type RunnerReady, Supervisor } from '../runs/supervisor.ts'
import { hostSurroundings } from '../runs/surroundings.ts'
import { Webhooks } from '../runs/webhooks.ts'
import { Hub } from '../socket/hub.ts'
import { Narration } from '../socket/narration.ts'
import { Receipts } from '../storage/receipts.ts'
import { draftsIn } from '../storage/storage.ts'
import { UserFiles } from '../storage/user-files.ts'
import { databaseOf, prepareDataFolder } from './data-folder.ts'

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
  /** Ends sockets, runner and server; the run under way is taken up at the next start. */
  close(): Promise<void>
}

/**
 * Starts the API, the sockets and the runner; answers before the runner is ready.
 * @throws RestorationError `configuration_invalid` when the port, the address or the data folder cannot be used
 */
export async function startHost(settings: ServeSettings, parts: HostParts): Promise<Host> {
  await prepareDataFolder(settings)
  const userFiles = await UserFiles.open(join(settings.data, 'user'), draftsIn(fileRoots(settings).tempRoot))
  const database = openDatabase(databaseOf(settings))
  const server = createServer()
  await listen(server, settings).catch((error) => {
    database.close()
    throw error
  })
  // From here on nothing may wait: a request that finds no handler would never be answered.
  const hostLog = new HostLog()
  const log = (line: string) => {
    hostLog.add(line)
    parts.log(line)
  }
  const supervisor = new Supervisor({ ...parts.runner, runner: runnerOptions(settings), log })
  const { store } = database
  const runs = new Runs(store, supervisor, new Receipts(fileRoots(settings).receiptsRoot))
  const narration = new Narration(runs)
  const webhooks = new Webhooks(store.deliveries, {
    secret: settings.webhookSecret,
    targets: settings.webhookTargets,
    log,
  })
  runs.subscribe((change) => {
    if (change.type === 'settled') webhooks.wake()
  })
  const surroundings = hostSurroundings({ supervisor, files: parts.files, models: parts.models })
  const hub = new Hub({ runs, narration, surroundings, policy: settings, log: hostLog })
  const previewer = new Previewer(join(settings.data, 'pyramids'))
  const root = packageRoot()
  const app = createApp({
    runs,
    narration,
    fileIndex: store.files,
    webhooks,
    supervisor,
    surroundings,
    modelFacts: () => modelFacts(settings.modelRoots),
    files: parts.files,
    userFiles,
    settings: database.settings,
    hostLog,
    followLog: (clientId, isOn) => hub.followLog(clientId, isOn),
    previewer,
    policy: settings,
    maxPixels: settings.maxPixels,
    client: join(root, 'dist', 'client'),
    sdk: join(root, 'dist', 'sdk'),
    workflows: join(root, 'workflows'),
    log: (error) => log(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  })
  server.on('request', app)
  hub.attach(server)
  return {
    url: addressOf(server, settings),
    ready: () => supervisor.ready(),
    close: async () => {
      runs.close()
      webhooks.close()
      hub.close()
      previewer.close()
      server.close()
      server.closeIdleConnections()
      await supervisor.close()
      server.closeAllConnections()
      database.close()
    },
  }
}

/** Opens the runs of the data folder for this process alone: a second host would run the same runs. */
function openDatabase(file: string): { readonly store: RunStore; readonly settings: Settings; close(): void } {
  try {
    const release = takeLock(`${file}.lock`)
    const store = new RunStore(file)
    const settings = new Settings(file)
    return {
      store,
      settings,
      close: () => {
        store.close()
        settings.close()
        release()
      },
    }
  } catch (error) {
    throw new RestorationError(
      'configuration_invalid',
      `The database ${file} cannot be opened: ${error instanceof Error ? error.message : error}.`,
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
