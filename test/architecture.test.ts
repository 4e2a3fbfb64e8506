import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

interface Import {
  readonly from: string
  /** A path of ours, or the name of a package. */
  readonly to: string
  readonly ours: boolean
}

/** What host and runner share, and small helpers. */
const BASE = [
  'server/concurrency/',
  'server/graph/',
  'server/protocol/',
  'server/storage/',
  'server/message-of.ts',
  'server/package-root.ts',
  'server/tidy-memory.ts',
  'nodes/sdk/',
]

/** What host and browser share. */
const CONTRACT = ['server/protocol/', 'server/graph/', 'nodes/sdk/']

/** What the host's two doors, HTTP and sockets, are made of. */
const HOST = [...BASE, 'server/guard.ts', 'server/host-log.ts', 'server/runs/', 'server/narration/']

/** What the host and its processes say to each other; the processes themselves it must not import. */
const MESSAGES = ['server/runner/messages.ts', 'server/inference/messages.ts']

/** What the command line is made of; the importer is large, so that only commands that change models load it. */
const CLI = ['server/', 'nodes/sdk/', 'nodes/pixels/', 'models/installed/']

/** What the browser knows of graphs and of the host, without a view of them. */
const HOST_VIEW = ['client/host/', 'client/document/', 'client/sdk/', 'client/strings.ts', ...CONTRACT]

/** The first place whose prefix fits a file says what the file may import of ours. */
const MAY_IMPORT: readonly { readonly place: string; readonly ours: readonly string[] }[] = [
  { place: 'nodes/sdk/', ours: ['nodes/sdk/'] },
  { place: 'nodes/index.ts', ours: ['nodes/'] },
  { place: 'nodes/pixels/', ours: ['nodes/pixels/', 'nodes/sdk/'] },
  { place: 'nodes/', ours: ['nodes/sdk/', 'nodes/pixels/', 'same folder'] },
  { place: 'models/installed/', ours: ['models/installed/', 'nodes/sdk/'] },
  { place: 'models/import/', ours: ['models/', 'nodes/sdk/', 'nodes/pixels/'] },
  { place: 'server/concurrency/', ours: ['server/concurrency/'] },
  { place: 'server/database/', ours: ['server/database/'] },
  { place: 'server/graph/', ours: ['server/graph/', 'nodes/sdk/'] },
  { place: 'server/protocol/', ours: ['server/protocol/', 'server/graph/', 'nodes/sdk/'] },
  { place: 'server/storage/', ours: ['server/storage/', 'server/database/', 'server/protocol/', 'nodes/sdk/'] },
  { place: 'server/inference/', ours: ['server/inference/', 'server/message-of.ts', 'models/', 'nodes/sdk/'] },
  { place: 'server/runner/', ours: [...BASE, 'server/runner/', 'server/inference/', 'nodes/', 'models/installed/'] },
  { place: 'server/runs/', ours: [...BASE, 'server/database/', 'server/runs/', ...MESSAGES] },
  { place: 'server/narration/', ours: ['server/narration/', 'server/protocol/', 'server/runs/'] },
  { place: 'server/settings/', ours: ['server/settings/', 'server/database/', 'nodes/sdk/'] },
  { place: 'server/socket/', ours: [...HOST, 'server/socket/'] },
  {
    place: 'server/http/',
    ours: [
      ...HOST,
      'server/http/',
      'server/settings/',
      'server/script.ts',
      ...MESSAGES,
      'models/installed/',
      'nodes/pixels/',
    ],
  },
  ...['server/cli/import', 'server/cli/models-set.ts'].map((place) => ({ place, ours: [...CLI, 'models/import/'] })),
  { place: 'server/cli/', ours: CLI },
  { place: 'server/', ours: ['server/', 'nodes/sdk/'] },
  { place: 'client/browser/', ours: ['client/browser/'] },
  { place: 'client/document/', ours: ['client/document/', 'server/graph/', 'nodes/sdk/'] },
  { place: 'client/sdk/', ours: ['client/sdk/'] },
  { place: 'client/host/', ours: HOST_VIEW },
  { place: 'client/canvas/', ours: [...HOST_VIEW, 'client/canvas/', 'client/browser/'] },
  { place: 'client/', ours: ['client/', ...CONTRACT] },
]

/** Packages that only some places may touch. */
const ONLY_IN: readonly { readonly name: RegExp; readonly places: readonly string[]; readonly why: string }[] = [
  { name: /^litegraph\.js/, places: ['client/canvas/'], why: 'litegraph is one view of the document' },
  { name: /^onnxruntime-node$/, places: ['server/inference/'], why: 'its calls block, its faults kill' },
  { name: /^libsql$/, places: ['server/database/'], why: 'one owner of the database' },
  { name: /^ws$/, places: ['server/socket/'], why: 'HTTP and sockets know nothing of each other' },
  { name: /^express$/, places: ['server/http/'], why: 'HTTP and sockets know nothing of each other' },
]

/** What pure folders must not reach. */
const IMPURE = /^(node:)?(fs|net|http|https|child_process|worker_threads|dgram|tls)(\/|$)|^(ws|express|libsql|sharp)$/
const PURE = ['nodes/sdk/', 'server/concurrency/', 'server/graph/', 'server/protocol/', 'client/document/']

interface Source {
  readonly path: string
  readonly text: string
}

const product = ['server', 'nodes', 'models/import', 'models/installed', 'client'].flatMap(sourcesUnder)
const others = ['test', 'docs'].flatMap(sourcesUnder)
const imports = product.flatMap(importsOf)

/** All of these is used: by programs that we do not know, and by json-schema.ts, which names every answer. */
const USED_WHOLE = ['client/sdk/index.ts', 'server/protocol/answers.ts']

describe('imports point one way', () => {
  test('there is something to check', () => {
    expect(imports.length).toBeGreaterThan(100)
  })

  test('each folder imports only what the design lets it', () => {
    const broken = imports.filter(({ from, to, ours }) => {
      const rule = MAY_IMPORT.find(({ place }) => from.startsWith(place))
      return (
        ours &&
        !rule?.ours.some((place) => (place === 'same folder' ? dirname(to) === dirname(from) : to.startsWith(place)))
      )
    })
    expect(broken).toEqual([])
  })

  test.each(ONLY_IN)('$name stays in $places: $why', ({ name, places }) => {
    const users = imports.filter(({ to, ours }) => !ours && name.test(to))
    expect(users.length).toBeGreaterThan(0)
    expect(users.filter(({ from }) => !places.some((place) => from.startsWith(place)))).toEqual([])
  })

  test('the runner does not reach the database, whatever it shares with the host', () => {
    const reached = new Set(['server/runner/main.ts'])
    for (const place of reached) for (const { from, to } of imports) if (from === place) reached.add(to)
    expect(reached).toContain('server/storage/storage.ts')
    expect(reached).not.toContain('libsql')
  })

  test.each(PURE)('%s reaches neither files nor sockets', (place) => {
    const inside = imports.filter(({ from }) => from.startsWith(place))
    expect(inside.length).toBeGreaterThan(0)
    expect(inside.filter(({ to, ours }) => !ours && IMPURE.test(to))).toEqual([])
  })
})

describe('nothing is exported in vain', () => {
  const mentions = (text: string, name: string) => text.match(new RegExp(`\\b${name}\\b`, 'g'))?.length ?? 0

  /** What is exported of some sources and mentioned by none of the users that import its file. */
  const unusedBy = (sources: readonly Source[], users: readonly Source[]) => {
    const importers = new Map<string, string[]>()
    for (const user of users)
      for (const { to } of importsOf(user)) importers.set(to, [...(importers.get(to) ?? []), user.text])
    return sources
      .filter(({ path }) => !USED_WHOLE.includes(path))
      .flatMap((source) => exportedValuesOf(source).map((name) => ({ source, name })))
      .filter(({ source, name }) => !importers.get(source.path)?.some((text) => mentions(text, name) > 0))
  }
  const named = (found: ReturnType<typeof unusedBy>) => found.map(({ source, name }) => `${source.path}: ${name}`)

  test('each exported value is mentioned by a file that imports its file', () => {
    const everything = [...product, ...others]
    expect(named(unusedBy(everything, everything))).toEqual([])
  })

  test('what only tests import is used where it is, so that nothing lives for its test', () => {
    const dead = unusedBy(product, product).filter(
      ({ source, name }) => mentions(withoutComments(source.text), name) < 2,
    )
    expect(named(dead)).toEqual([])
  })
})

describe('tests mirror the tree', () => {
  test('each node is in a test of its folder, by its file or by its name', () => {
    const nodes = product
      .filter(({ path }) => /^nodes\/\w+\//.test(path))
      .flatMap(({ path, text }) =>
        Array.from(text.matchAll(/defineNode\(\{\s*id: '(\w+)'/g), ([, id]) => ({ path, id: id! })),
      )
    expect(nodes.length).toBeGreaterThan(50)
    const untested = nodes.filter(({ path, id }) => {
      const tests = others.filter((other) => other.path.startsWith(`test/${dirname(path)}/`))
      return !tests.some(({ text }) => text.includes(path) || text.includes(`'${id}'`))
    })
    expect(untested).toEqual([])
  })
})

function sourcesUnder(folder: string): Source[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter(({ name, parentPath }) => /\.ts$/.test(name) && !parentPath.includes('node_modules'))
    .map(({ name, parentPath }) => join(parentPath, name))
    .map((path) => ({ path: toPosix(relative(root, path)), text: readFileSync(path, 'utf8') }))
}

function importsOf({ path: from, text }: Source): Import[] {
  return Array.from(text.matchAll(/(?:from\s+|import\s+|import\(\s*)'([^']+)'/g), ([, specifier]) => {
    const ours = specifier!.startsWith('.')
    return { from, ours, to: ours ? toPosix(relative(root, resolve(root, dirname(from), specifier!))) : specifier! }
  })
}

function exportedValuesOf({ text }: Source): string[] {
  return Array.from(
    text.matchAll(/^export (?:async )?(?:const|let|class|enum|function\*?) (\w+)/gm),
    ([, name]) => name!,
  )
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
}

function toPosix(path: string): string {
  return path.split(sep).join('/')
}
