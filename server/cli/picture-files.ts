import type { Dirent } from 'node:fs'
import { lstat, readdir, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, parse, sep } from 'node:path'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { codeOf } from '../storage/write-file.ts'

export const FORMATS = ['png', 'jpg', 'webp', 'tiff'] as const
export type Format = (typeof FORMATS)[number]

/** One picture to read and where the restored one goes. */
export interface Pair {
  readonly source: string
  readonly target: string
}

export interface Batch {
  readonly pairs: readonly Pair[]
  /** Where the results go, some of them into folders of it. */
  readonly folder: string
  readonly format: Format
  /** Pictures of the folder whose formats are not read. */
  readonly unread: readonly string[]
  readonly closed: readonly Closed[]
}

/** A folder or a picture of the batch that cannot be read, and why. */
export interface Closed {
  readonly source: string
  readonly error: RestorationError
}

const PICTURE = /\.(jpe?g|jfif|png|webp|tiff?|avif|gif)$/i
const UNREAD = /\.(bmp|hei[cf]|jxl|jp[2x]|j2k|psd|psb|svg|dng|cr[23]|nef|arw|orf|rw2|raf|pef|srw)$/i

/**
 * What `restore IN OUT` means: a file to a file, a file into a folder, or every picture of a folder, its subfolders
 * included, into another.
 * @throws RestorationError `file_not_found`, `configuration_invalid`
 */
export async function planBatch(input: string, output: string, wanted: Format | undefined): Promise<Batch> {
  const batch = await plan(input, output, wanted)
  await refuseOriginals(batch.pairs)
  return batch
}

async function plan(input: string, output: string, wanted: Format | undefined): Promise<Batch> {
  const info = await stat(input).catch(() => {
    if (input.includes(GARBLED)) throw garbled(input)
    throw new RestorationError('file_not_found', `There is no file or folder '${input}'.`, 'Name one that exists.')
  })
  if (info.isDirectory()) {
    const results = await identityOf(output)
    if (results !== undefined && results === (await identityOf(input))) throw intoItself(input)
    const format = wanted ?? 'png'
    const { names, closed } = await namesUnder(input, results)
    const pictures = names.filter((name) => PICTURE.test(name))
    return {
      pairs: targets(pictures, input, output, format),
      folder: output,
      format,
      unread: names.filter((name) => UNREAD.test(name)),
      closed,
    }
  }
  const isFolder = output.endsWith('/') || output.endsWith(sep) || (await isDirectory(output))
  if (isFolder) {
    const format = wanted ?? 'png'
    return {
      pairs: targets([basename(input)], dirname(input), output, format),
      folder: output,
      format,
      unread: [],
      closed: [],
    }
  }
  return {
    pairs: [{ source: input, target: output }],
    folder: dirname(output),
    format: wanted ?? formatOf(output),
    unread: [],
    closed: [],
  }
}

/**
 * Each output keeps its input's name; where two inputs would then meet, or one would have the name of a further picture of
 * another, each has its whole name with its extension.
 */
export function targets(names: readonly string[], input: string, output: string, format: Format): Pair[] {
  const stemOf = (name: string) => name.slice(0, name.length - extname(name).length)
  const whole = new Set(names.filter((name) => FURTHER.test(stemOf(name))))
  const nameOf = (name: string) => (whole.has(name) ? name : stemOf(name))
  // A whole name may meet a further one: a.jpg.png comes to a.jpg, as a.jpg does beside a.png.
  for (let before = -1; before < whole.size; ) {
    before = whole.size
    const counts = new Map<string, number>()
    for (const name of names) counts.set(nameOf(name), (counts.get(nameOf(name)) ?? 0) + 1)
    for (const name of names.filter((one) => counts.get(nameOf(one))! > 1)) whole.add(name)
  }
  return names.map((name) => ({ source: join(input, name), target: join(output, `${nameOf(name)}.${format}`) }))
}

/** How names of the further pictures of one file end, and no target of any file does, whatever is added to the folder later. */
const FURTHER = /\.p\d+$/i

/** Where the pictures of one file go: from the second on they have their number behind the name. */
export function resultNames(target: string, count: number): string[] {
  const { dir, name, ext } = parse(target)
  return [target, ...Array.from({ length: count - 1 }, (_, i) => join(dir, `${name}.p${i + 2}${ext}`))]
}

function formatOf(output: string): Format {
  const extension = extname(output).slice(1).toLowerCase()
  const known = { png: 'png', jpg: 'jpg', jpeg: 'jpg', webp: 'webp', tif: 'tiff', tiff: 'tiff' } as const
  if (Object.hasOwn(known, extension)) return known[extension as keyof typeof known]
  throw new RestorationError(
    'configuration_invalid',
    `Expected OUT to end in .${FORMATS.join(', .')} but received '${output}'.`,
    'Give OUT such an extension, end it with / to name a folder, or add --format.',
  )
}

/** Pictures below `folder`, in order, but for what is hidden and for a folder of this identity, which is for the results. */
async function namesUnder(folder: string, results: string | undefined) {
  const names: string[] = []
  const closed: Closed[] = []
  const folders = ['']
  for (const inner of folders) {
    const source = join(folder, inner)
    const entries = await readdir(source, { withFileTypes: true }).catch((error) => {
      closed.push({ source, error: unreadable(source, error) })
      return []
    })
    for (const entry of entries.filter(({ name }) => !name.startsWith('.'))) {
      const name = join(inner, entry.name)
      const path = join(folder, name)
      if (!entry.isDirectory() && !PICTURE.test(name) && !UNREAD.test(name)) continue
      if (await isGarbled(path, entry)) closed.push({ source: path, error: garbled(path) })
      else if (!entry.isDirectory()) {
        if (await isFile(path, entry)) names.push(name)
      } else if (results === undefined || (await identityOf(path)) !== results) folders.push(name)
    }
  }
  return { names: names.sort(), closed }
}

/** Also what a link leads to. */
async function isFile(path: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isFile()
  return stat(path).then(
    (info) => info.isFile(),
    () => false,
  )
}

/** What a name that is not UTF-8 has for each byte that does not fit, and nothing is found by it. */
const GARBLED = '\u{fffd}'

async function isGarbled(path: string, { name }: Dirent): Promise<boolean> {
  if (!name.includes(GARBLED)) return false
  return lstat(path).then(
    () => false,
    () => true,
  )
}

function garbled(path: string): RestorationError {
  return new RestorationError(
    'invalid_input',
    `The name of '${path}' is not UTF-8, and nothing can be read by it.`,
    'Rename it, or a whole folder with: convmv -f latin1 -t utf8 -r --notest FOLDER.',
  )
}

function unreadable(folder: string, error: unknown): RestorationError {
  return new RestorationError(
    'invalid_input',
    `The folder '${folder}' cannot be read (${codeOf(error) ?? String(error)}), and what is in it is left out.`,
    'Check who may read it.',
    { cause: error },
  )
}

/** Originals stay, whatever the flags allow. @throws RestorationError where a result would go in the place of one */
async function refuseOriginals(pairs: readonly Pair[]): Promise<void> {
  const originals = new Map<string | undefined, string>()
  await Promise.all(pairs.map(async ({ source }) => originals.set(await identityOf(source), source)))
  originals.delete(undefined)
  await Promise.all(
    pairs.map(async ({ source, target }) => {
      const original = originals.get(await identityOf(target))
      if (original !== undefined) throw ontoOriginal(source, target, original)
    }),
  )
}

/** What a path leads to, the same by whichever way or case of letters; undefined where there is nothing. */
async function identityOf(path: string): Promise<string | undefined> {
  return stat(path, { bigint: true }).then(
    ({ dev, ino }) => `${dev}:${ino}`,
    () => undefined,
  )
}

function intoItself(folder: string): RestorationError {
  return new RestorationError(
    'configuration_invalid',
    `The results would go among the pictures of '${folder}', and be taken for pictures the next time.`,
    `Name another folder, such as '${join(folder, 'restored')}'.`,
  )
}

function ontoOriginal(source: string, target: string, original: string): RestorationError {
  return new RestorationError(
    'configuration_invalid',
    `The result of '${source}' would take the place of the picture '${original}'.`,
    `Name another place for it, such as '${join(dirname(target), 'restored')}/'.`,
  )
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  )
}
