import { availableParallelism, totalmem } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { z } from 'zod'
import { RestorationError } from '../nodes/sdk/error.ts'
import { packageRoot } from './package-root.ts'
import type { RunnerOptions } from './runner/messages.ts'
import type { StorageRoots } from './storage/storage.ts'

/** Where things are and what runs models: what every command needs. */
export interface WorkSettings {
  /** The one folder that is written to. */
  readonly data: string
  /** Folders with one folder per model, searched in order: the data folder's, those given, the shipped one. */
  readonly modelRoots: readonly string[]
  readonly device: RunnerOptions['device']
  readonly threads: number
  readonly maxPixels: number
  readonly cacheBytes: number
  /** What results on disk may take; 0 for none. */
  readonly diskCacheBytes: number
  readonly saveMetadata: boolean
}

export interface ServeSettings extends WorkSettings {
  readonly listen: string
  readonly port: number
  /** Any of them lets a caller in; without one everybody is whom the machine lets in. */
  readonly tokens: readonly string[]
  /** Names beside loopback and addresses under which browsers may call this host. */
  readonly hostNames: readonly string[]
  /** Sites and apps whose pages may call this host, e.g. `https://photos.example` and `capacitor://localhost`. */
  readonly origins: readonly string[]
  /** What webhooks are signed with, by each; without one there are none. */
  readonly webhookKeys: readonly Uint8Array[]
  /** Names and addresses that webhooks may go to although they are not on the public internet. */
  readonly webhookTargets: readonly string[]
  /** Runs that may wait; Infinity for any number. */
  readonly maxQueue: number
  /** Runs that may be under way. */
  readonly runsAtOnce: number
  /** How long one run may take, in ms; undefined for any time. */
  readonly timeLimit: number | undefined
  /** How long a run that is under way may take to end when the host is stopped, in ms. */
  readonly drainFor: number
  /** Bytes of one picture that is sent. */
  readonly maxUpload: number
  /** How long uploads, results and ended runs are kept, in ms; undefined for ever. */
  readonly keepFor: number | undefined
}

/** One setting: a flag, an environment variable, and a line of help. */
export interface Option {
  readonly env: string
  readonly help: string
  /** What stands for the value in the help; absent for a switch. */
  readonly value?: string
  readonly multiple?: boolean
  /** Whether its value is nobody's business. */
  readonly secret?: boolean
  readonly schema: z.ZodType
}

const DAY = 86_400_000
const wholeNumber = (least: number, most: number) => z.coerce.number().int().min(least).max(most)
const list = z
  .union([z.string().transform((text) => text.split(delimiter)), z.array(z.string())])
  .transform((items) => items.filter((item) => item !== ''))
/** In the environment apart by blanks, since the separator of paths may be in an address. An empty flag is one of them. */
const texts = z.union([
  z.string().transform((text) => text.split(/\s+/).filter((item) => item !== '')),
  z.array(z.string()),
])
const names = texts.transform((items) => items.filter((item) => item !== ''))
/** Of pages that have no site of their own: files, and frames that any page can make. */
const NO_SITE = 'null'
/** As browsers write them; `URL.origin` is "null" for the schemes of apps. */
const isOrigin = (text: string): boolean => {
  if (!URL.canParse(text)) return text === NO_SITE
  const { protocol, host } = new URL(text)
  return host !== '' && text === `${protocol}//${host}`
}
const origins = names.refine(
  (items) => items.every(isOrigin),
  'expected origins such as https://photos.example or capacitor://localhost, without a path',
)
const SECRET_PREFIX = 'whsec_'
const SHORT = 'expected at least 8 characters'
const NO_KEY = 'expected whsec_ and the base64 of 24 to 64 random bytes, which whsec_$(openssl rand -base64 32) gives'
/** A secret as standardwebhooks.com writes it; `Buffer.from` passes over what is no base64. */
const signingKey = z
  .string()
  .refine((text) => {
    const [key, encoded] = [keyIn(text), text.slice(SECRET_PREFIX.length)]
    const isBase64 = key.toString('base64').replace(/=+$/, '') === encoded.replace(/=+$/, '')
    return text.startsWith(SECRET_PREFIX) && isBase64 && key.length >= 24 && key.length <= 64
  }, NO_KEY)
  .transform(keyIn)
const switchedOn = z
  .union([z.boolean(), z.enum(['0', '1', 'true', 'false'])])
  .transform((on) => on !== '0' && on !== 'false' && on !== false)

export const WORK_OPTIONS = {
  data: {
    env: 'GENDR_DATA',
    value: 'DIR',
    help: 'the one folder that is written to (./data)',
    schema: z.string().min(1).default('./data'),
  },
  models: {
    env: 'GENDR_MODELS',
    value: 'DIR',
    multiple: true,
    help: 'a further folder of models; may be repeated',
    schema: list.default([]),
  },
  device: {
    env: 'GENDR_DEVICE',
    value: 'auto|cuda|webgpu|cpu',
    help: 'what runs the models (auto)',
    schema: z.enum(['auto', 'cuda', 'webgpu', 'cpu']).default('auto'),
  },
  threads: {
    env: 'GENDR_THREADS',
    value: 'N',
    help: 'CPU threads of one model call (all cores)',
    schema: wholeNumber(1, 1024).default(availableParallelism()),
  },
  'max-pixels': {
    env: 'GENDR_MAX_PIXELS',
    value: 'N',
    help: 'pixels of one picture that may be decoded or made (100000000)',
    schema: wholeNumber(1, 10_000_000_000).default(100_000_000),
  },
  cache: {
    env: 'GENDR_CACHE',
    value: 'MIB',
    help: 'memory for results that may be used again (an eighth of the memory, at most 2048)',
    schema: wholeNumber(0, 1_000_000).default(Math.min(2048, Math.floor(totalmem() / 8 / 2 ** 20))),
  },
  'cache-disk': {
    env: 'GENDR_CACHE_DISK',
    value: 'MIB',
    help: 'disk for results that shall outlive a restart, in the data folder (0, which means none)',
    schema: wholeNumber(0, 100_000_000).default(0),
  },
  'no-metadata': {
    env: 'GENDR_NO_METADATA',
    help: 'leave the workflow out of saved pictures',
    schema: switchedOn.default(false),
  },
} as const satisfies Record<string, Option>

export const SERVE_OPTIONS = {
  listen: {
    env: 'GENDR_LISTEN',
    value: 'ADDRESS',
    help: 'address to listen on (127.0.0.1); any other than loopback needs a token',
    schema: z.string().min(1).default('127.0.0.1'),
  },
  port: {
    env: 'GENDR_PORT',
    value: 'N',
    help: 'port to listen on (8188)',
    schema: wholeNumber(0, 65_535).default(8188),
  },
  token: {
    env: 'GENDR_TOKEN',
    value: 'TEXT',
    multiple: true,
    secret: true,
    help: 'what callers must send as "Authorization: Bearer TEXT" or ?token=TEXT; may be repeated, one for each caller',
    // An empty flag, as of a shell variable that is not set, is a mistake.
    schema: texts.pipe(z.array(z.string().min(8, SHORT)).min(1, SHORT)).default([]),
  },
  host: {
    env: 'GENDR_HOSTS',
    value: 'NAME',
    multiple: true,
    help: 'a name under which browsers may call this host; may be repeated',
    schema: names.default([]),
  },
  'allow-origin': {
    env: 'GENDR_ORIGINS',
    value: 'ORIGIN',
    multiple: true,
    help: 'a site or an app whose pages may call this host, e.g. https://photos.example; may be repeated',
    schema: origins.default([]),
  },
  'webhook-secret': {
    env: 'GENDR_WEBHOOK_SECRET',
    value: 'whsec_BASE64',
    multiple: true,
    secret: true,
    help: 'what webhooks are signed with: 24 to 64 random bytes, as whsec_$(openssl rand -base64 32) (without it there are none); may be repeated while receivers change from one to the next',
    schema: texts.pipe(z.array(signingKey).min(1, NO_KEY)).default([]),
  },
  'webhook-target': {
    env: 'GENDR_WEBHOOK_TARGETS',
    value: 'HOST',
    multiple: true,
    help: 'a name or address that webhooks may go to although it is not public; may be repeated',
    schema: names.default([]),
  },
  'max-queue': {
    env: 'GENDR_MAX_QUEUE',
    value: 'N',
    help: 'runs that may wait before further ones are refused with 429 (0, which means any number)',
    schema: wholeNumber(0, 10_000_000).default(0),
  },
  'runs-at-once': {
    env: 'GENDR_RUNS_AT_ONCE',
    value: 'N',
    help: 'runs that may be under way at the same time, one of each client; they share the cores, and take memory each (1)',
    schema: wholeNumber(1, 64).default(1),
  },
  'max-seconds': {
    env: 'GENDR_MAX_SECONDS',
    value: 'N',
    help: 'time that one run may take before it is stopped and has failed (0, which means any time)',
    schema: wholeNumber(0, 2_000_000).default(0),
  },
  drain: {
    env: 'GENDR_DRAIN',
    value: 'SECONDS',
    help: 'time that the run under way may take to end when the host is stopped (0)',
    schema: wholeNumber(0, 2_000_000).default(0),
  },
  'max-upload': {
    env: 'GENDR_MAX_UPLOAD',
    value: 'MIB',
    help: 'size of one picture that is sent (100)',
    schema: wholeNumber(1, 1024).default(100),
  },
  'keep-days': {
    env: 'GENDR_KEEP_DAYS',
    value: 'N',
    help: 'days after which uploads, results and ended runs are deleted (0, which means never)',
    schema: wholeNumber(0, 36_500).default(0),
  },
  ...WORK_OPTIONS,
} as const satisfies Record<string, Option>

/** The bytes of a secret. */
function keyIn(secret: string): Buffer {
  return Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64')
}

export type Flags = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Settings from flags, else from the environment, else the defaults.
 * @throws RestorationError `configuration_invalid`, naming every setting that does not fit
 */
export function workSettings(flags: Flags, environment: Environment): WorkSettings {
  return toWorkSettings(read(WORK_OPTIONS, flags, environment))
}

/** As workSettings; what anybody can reach or claim to be needs a token. */
export function serveSettings(flags: Flags, environment: Environment): ServeSettings {
  const values = read(SERVE_OPTIONS, flags, environment)
  if (!isLoopback(values.listen) && values.token.length === 0) {
    throw new RestorationError(
      'configuration_invalid',
      `Listening on ${values.listen} would let anybody on the network use this host.`,
      'Set a token of at least 8 characters with --token or GENDR_TOKEN, or leave out --listen.',
    )
  }
  if (values['allow-origin'].includes(NO_SITE) && values.token.length === 0) {
    throw new RestorationError(
      'configuration_invalid',
      `Allowing the origin '${NO_SITE}' would let any web page use this host.`,
      'Set a token of at least 8 characters with --token or GENDR_TOKEN, or name the origin of the one app.',
    )
  }
  return {
    ...toWorkSettings(values),
    listen: values.listen,
    port: values.port,
    tokens: values.token,
    hostNames: values.host,
    origins: values['allow-origin'],
    webhookKeys: values['webhook-secret'],
    webhookTargets: values['webhook-target'],
    maxUpload: values['max-upload'] * 2 ** 20,
    timeLimit: values['max-seconds'] * 1000 || undefined,
    drainFor: values.drain * 1000,
    keepFor: values['keep-days'] * DAY || undefined,
    maxQueue: values['max-queue'] || Number.POSITIVE_INFINITY,
    runsAtOnce: values['runs-at-once'],
  }
}

/** The options of the runner process that follow from the settings. */
export function runnerOptions(settings: WorkSettings): RunnerOptions {
  const { modelRoots, device, threads, maxPixels, cacheBytes, diskCacheBytes, saveMetadata } = settings
  const work = { modelRoots, device, threads, maxPixels, cacheBytes, diskCacheBytes, saveMetadata }
  return { ...fileRoots(settings), cacheRoot: join(settings.data, 'cache'), ...work }
}

export function fileRoots({ data }: WorkSettings): StorageRoots {
  return {
    inputRoot: join(data, 'input'),
    outputRoot: join(data, 'output'),
    tempRoot: join(data, 'temp'),
    receiptsRoot: join(data, 'receipts'),
  }
}

/** Whether only this machine can reach the address. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127(\.\d{1,3}){3}$/.test(address)
}

type Values<O extends Record<string, Option>> = { readonly [K in keyof O]: z.output<O[K]['schema']> }

function read<O extends Record<string, Option>>(options: O, flags: Flags, environment: Environment): Values<O> {
  const complaints: string[] = []
  const values: Record<string, unknown> = {}
  for (const [name, option] of Object.entries(options)) {
    const [source, given] =
      flags[name] === undefined ? [option.env, environment[option.env] || undefined] : [`--${name}`, flags[name]]
    const parsed = option.schema.safeParse(given)
    if (parsed.success) values[name] = parsed.data
    else {
      const received = option.secret === true ? '' : ` (received '${String(given)}')`
      complaints.push(`${source}: ${parsed.error.issues[0]?.message}${received}`)
    }
  }
  if (complaints.length > 0) {
    throw new RestorationError(
      'configuration_invalid',
      `${complaints.join('; ')}.`,
      'Add --help to the command to see what each setting takes.',
    )
  }
  return values as Values<O>
}

function toWorkSettings(values: Values<typeof WORK_OPTIONS>): WorkSettings {
  const data = resolve(values.data)
  return {
    data,
    modelRoots: [
      join(data, 'models'),
      ...values.models.map((folder) => resolve(folder)),
      join(packageRoot(), 'models'),
    ],
    device: values.device,
    threads: values.threads,
    maxPixels: values['max-pixels'],
    cacheBytes: values.cache * 2 ** 20,
    diskCacheBytes: values['cache-disk'] * 2 ** 20,
    saveMetadata: !values['no-metadata'],
  }
}
