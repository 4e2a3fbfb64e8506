import express, { type Express, type RequestHandler, Router } from 'express'
import helmet from 'helmet'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { Room } from '../concurrency/room.ts'
import { refuseDepth } from '../graph/depth.ts'
import { checkSite, checkToken, type Denial, type Policy } from '../guard.ts'
import type { HostLog } from '../host-log.ts'
import type { Narration } from '../narration/narration.ts'
import type { Condition } from '../runs/condition.ts'
import type { Surroundings } from '../runs/intake.ts'
import type { Metrics } from '../runs/metrics.ts'
import type { Runs } from '../runs/runs.ts'
import type { Supervisor } from '../runs/supervisor.ts'
import type { Webhooks } from '../runs/webhooks.ts'
import type { Settings } from '../settings/settings.ts'
import type { FileIndex } from '../storage/file-index.ts'
import type { HostFiles } from '../storage/host-files.ts'
import { KeptFiles } from '../storage/kept-files.ts'
import type { UserFiles } from '../storage/user-files.ts'
import { Bodies } from './bodies.ts'
import { catalogueRoutes } from './catalogues.ts'
import { clientRoutes } from './client.ts'
import { contentRoutes } from './content.ts'
import { documentRoutes } from './documents.ts'
import { failureHandler, notFound, sendFailure } from './failure.ts'
import { freeRoutes } from './free.ts'
import { healthRoutes } from './health.ts'
import { historyRoutes } from './history.ts'
import { interruptRoutes } from './interrupt.ts'
import { jobRoutes } from './jobs.ts'
import { type FollowLog, logRoutes } from './logs.ts'
import { otherMethods } from './methods.ts'
import { metricsRoutes } from './metrics.ts'
import { modelRoutes } from './models.ts'
import { objectInfoRoutes } from './object-info.ts'
import type { Previewer } from './previewer.ts'
import { promptAcceptor, promptRoutes } from './prompt.ts'
import { queueRoutes } from './queue.ts'
import { runRoutes } from './run.ts'
import { runEventRoutes } from './run-events.ts'
import { settingsRoutes } from './settings.ts'
import { endStalledBodies } from './stalled-body.ts'
import { systemStatsRoutes } from './system-stats.ts'
import { uploadRoutes } from './upload.ts'
import { userdataRoutes } from './userdata.ts'
import { viewRoutes } from './view.ts'
import { workflowRoutes } from './workflows.ts'
import { zipRoutes } from './zip.ts'

export interface AppOptions {
  readonly runs: Runs
  readonly narration: Narration
  readonly fileIndex: FileIndex
  readonly webhooks: Webhooks
  readonly metrics: Metrics
  readonly condition: () => Condition
  readonly supervisor: Supervisor
  readonly surroundings: Surroundings
  readonly modelFacts: Parameters<typeof modelRoutes>[0]
  readonly files: HostFiles
  readonly previewer: Previewer
  readonly userFiles: UserFiles
  readonly settings: Settings
  readonly hostLog: HostLog
  readonly followLog: FollowLog
  readonly policy: Policy
  readonly maxPixels: number
  /** Bytes of one upload. */
  readonly maxUpload: number
  /** The folder of the built editor. */
  readonly client: string
  /** The folder of the built client for programs. */
  readonly sdk: string
  /** The folder of the shipped workflows. */
  readonly workflows: string
  readonly log: (error: unknown) => void
}

/** A graph with its workflow; parsing a larger body would keep everybody else waiting. */
const MAX_JSON = '8mb'
/** Bytes of all files that are being received; --max-upload allows no more for one. */
const MAX_RECEIVED = 1 << 30

/** The HTTP API: every route under / and under /api, and the editor at /. */
export function createApp(options: AppOptions): Express {
  const { runs, supervisor, surroundings, files, policy } = options
  const app = express()
  app.disable('x-powered-by')
  app.use(endStalledBodies())
  app.use(securityHeaders())
  app.use(refuse((request) => checkSite(request.headers, policy)))
  app.use(PICTURES, showElsewhere(policy.origins))
  if (policy.origins.length > 0) app.use(allowOrigins(policy.origins))
  app.use(clientRoutes(options.client, options.sdk))
  const health = healthRoutes(options.condition)
  app.use('/api', health)
  app.use(health)
  app.use(refuse((request) => checkToken(request.headers, request.url, policy)))

  const bodies = new Bodies(new Room(MAX_RECEIVED))
  const kept = new KeptFiles(files, options.fileIndex)
  const accept = promptAcceptor({ ...options, kept })
  const api = Router()
  api.use(uploadRoutes(files, options.fileIndex, options.previewer, bodies, options))
  api.use(userdataRoutes(options.userFiles, bodies))
  const content = contentRoutes(files, options.fileIndex, bodies, options.maxUpload)
  // Some clients send JSON as text/plain; a setting may be any JSON value.
  const readJson = [express.json({ type: () => true, limit: MAX_JSON, strict: false }), shallowBody]
  const run = runRoutes(runs, accept, files, options.fileIndex, { bodies, maxUpload: options.maxUpload, readJson })
  api.use(readJson)
  api.use(promptRoutes(runs, accept), queueRoutes(runs), historyRoutes(runs), interruptRoutes(runs))
  api.use(freeRoutes(supervisor), objectInfoRoutes(surroundings), catalogueRoutes(surroundings, options))
  api.use(modelRoutes(options.modelFacts), documentRoutes())
  api.use(
    systemStatsRoutes(() => supervisor.latest?.device),
    metricsRoutes(options.metrics),
  )
  api.use(viewRoutes(files, options.previewer, options.maxPixels), workflowRoutes(options.workflows))
  api.use(settingsRoutes(options.settings), logRoutes(options.hostLog, files, options.followLog))
  const onlyApi = [jobRoutes(runs), runEventRoutes(options.narration, runs), zipRoutes(runs, files)]
  app.use('/api', content, run, api, ...onlyApi)
  app.use(api)
  app.use(otherMethods, notFound)
  app.use(failureHandler(options.log))
  return app
}

/** What is to be written down, and what a refusal may repeat, can be written. */
const shallowBody: RequestHandler = (request, _response, next) => {
  refuseDepth(request.body)
  next()
}

function securityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'blob:', 'data:'],
        connectSrc: ["'self'", 'ws:', 'wss:', 'blob:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // By the default, no-referrer, the browser would say of a form of the page's own that it comes from nowhere.
    referrerPolicy: { policy: 'same-origin' },
    // The host speaks plain HTTP; whoever puts TLS before it decides on this.
    strictTransportSecurity: false,
  })
}

/** Where files come from that a page shows as pictures. */
const PICTURES = ['/view', '/api/view', '/picture', '/api/picture', '/api/files/:sha256/content']

/**
 * Lets pages elsewhere show pictures as <img>: those of the same site, as another port of this machine is, or any once a
 * site is named, since a browser does not tell for which it asks. Shown is not read: pixels, and all other answers, are for
 * whom `allowOrigins` lets in; and where there is a token, the address has to have it.
 */
function showElsewhere(origins: readonly string[]): RequestHandler {
  const policy = origins.length > 0 ? 'cross-origin' : 'same-site'
  return (_request, response, next) => {
    response.set('Cross-Origin-Resource-Policy', policy)
    next()
  }
}

/** Lets the pages of named sites read the answers; what they send was let in or refused before. */
function allowOrigins(origins: readonly string[]): RequestHandler {
  return (request, response, next) => {
    const { origin } = request.headers
    // Also of what <img> gets, or a page that reads it next would find it in the cache without leave.
    response.vary('Origin')
    if (origin === undefined || !origins.includes(origin)) {
      next()
      return
    }
    response.set({
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Expose-Headers': 'Location, Retry-After, Content-Disposition, Content-Range, Gendr-Picture-Size',
      'Cross-Origin-Resource-Policy': 'cross-origin',
    })
    // A browser's question whether it may ask; it never carries a token.
    if (request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined) {
      response.set({
        'Access-Control-Allow-Methods': 'GET, POST, PUT, PATCH, DELETE',
        'Access-Control-Allow-Headers': 'Authorization, Content-Type, Last-Event-ID, Comfy-User',
        'Access-Control-Max-Age': '600',
      })
      response.status(204).end()
    } else next()
  }
}

function refuse(
  check: (request: { headers: Parameters<typeof checkSite>[0]; url: string }) => Denial | undefined,
): RequestHandler {
  return (request, response, next) => {
    const denial = check(request)
    if (denial === undefined) next()
    else sendFailure(response, denial.status, new RestorationError('invalid_input', denial.message, denial.remedy))
  }
}
