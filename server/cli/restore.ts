import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, extname } from 'node:path'
import { type ErrorCode, RestorationError } from '../../nodes/sdk/error.ts'
import { type Flags, WORK_OPTIONS, type WorkSettings, workSettings } from '../config.ts'
import { messageOf } from '../message-of.ts'
import { abortOnInterrupt, INTERRUPTED } from './abort.ts'
import { batchProgress } from './batch-progress.ts'
import { type ChosenModel, chooseModel } from './chosen-model.ts'
import type { Command } from './command.ts'
import { keepMetadata } from './keep-metadata.ts'
import { type Batch, FORMATS, type Format, type Pair, planBatch, resultNames } from './picture-files.ts'
import { checkTiles, complaintOfFlag, restoreGraph } from './restore-graph.ts'
import { Workbench } from './workbench.ts'
import { prepareFolder, writeResults } from './write-results.ts'

export const restoreCommand: Command = {
  usage: 'restore IN OUT',
  summary: 'Restore a picture, or every picture of a folder and its subfolders',
  options: {
    scale: { value: '1..8', help: 'how many times larger the result is' },
    model: { value: 'NAME', help: 'the model, a restorer or an upscaler (gendr-nano)' },
    setting: { value: 'NAME', help: 'what the model is asked for: gendr-nano is faithful or detailed (detailed)' },
    tile: { value: 'N', help: 'edge of a tile in pixels of the result' },
    overlap: { value: 'N', help: 'pixels that neighbouring tiles share' },
    strength: { value: 'X', help: 'how far from the picture as it is (0) to the restored one (1)' },
    grain: {
      value: 'X',
      help: "times the film grain that the model's setting adds where fine detail is missing; 0 adds none (1)",
    },
    'color-transfer': { value: 'NAME', help: 'how the colours of the picture are kept' },
    format: { value: FORMATS.join('|'), help: 'format of the results (png, or as OUT says)' },
    overwrite: { help: 'replace results that exist' },
    'skip-existing': { help: 'leave out pictures whose result exists' },
    update: { help: 'leave out pictures whose result is younger, and replace the results of the others' },
    json: {
      help: 'a line of JSON for each file: source, status (restored, skipped, failed), results, seconds, notes, error',
    },
    ...WORK_OPTIONS,
    'no-metadata': {
      ...WORK_OPTIONS['no-metadata'],
      help: 'leave the graph, and the Exif, XMP and resolution of the picture, out of its result',
    },
  },
  operands: [2, 2],
  async run(operands, flags, environment) {
    const [input, output] = operands as [string, string]
    const settings = workSettings(flags, environment)
    refuseTogether(flags, ON_EXISTING)
    const { unread, ...batch } = await planBatch(input, output, readFormat(flags))
    if (unread.length > 0) process.stderr.write(`gendr: ${unreadLine(unread)}\n`)
    if (batch.pairs.length === 0) {
      if (batch.closed[0] !== undefined) throw batch.closed[0].error
      throw new RestorationError('file_not_found', `There is no picture in '${input}'.`, 'Name a folder with pictures.')
    }
    const model = await chooseModel(settings, flags)
    const workbench = await Workbench.open(settings)
    try {
      return await restoreAll({ ...batch, workbench, model, flags, settings })
    } finally {
      await workbench.close()
    }
  },
}

/** Flags that say what becomes of results that exist. */
const ON_EXISTING = ['overwrite', 'skip-existing', 'update']

interface Work extends Omit<Batch, 'unread'> {
  readonly workbench: Workbench
  readonly model: ChosenModel
  readonly flags: Flags
  /** Whether results say what their pictures said of themselves, and how many pixels a picture may have. */
  readonly settings: Pick<WorkSettings, 'saveMetadata' | 'maxPixels'>
}

/** What the next file would fail of as well. */
const HOPELESS: readonly ErrorCode[] = ['disk_full', 'model_corrupt', 'model_not_found']

/** One picture after the other, whatever becomes of the others, until one is hopeless. @returns the exit code */
async function restoreAll(work: Work): Promise<number> {
  const { workbench, pairs, folder, format, closed, model, flags, settings } = work
  const signal = abortOnInterrupt()
  const catalogue = await workbench.surroundings.catalogue()
  const graphOf = (source: string, hasAlpha: boolean) =>
    restoreGraph(catalogue, { name: basename(source), hasAlpha }, model, flags)
  // A flag that does not fit would fail every file: say so once, before the first.
  const first = pairs[0]!.source
  const { prompt } = await workbench
    .check({ graph: graphOf(first, false), settings: [], attachments: { [basename(first)]: new Uint8Array() } })
    .catch((error) => {
      throw complaintOfFlag(error, flags)
    })
  checkTiles(prompt, model)
  if (await isAnythingLeft(pairs, flags)) {
    await prepareFolder(
      folder,
      pairs.map(({ target }) => dirname(target)),
    )
  }
  const progress = await batchProgress(closed.length + pairs.length, flags.json === true)
  // A file whose first result is missing is done again: with --skip-existing, too, the others of it are what a killed batch left.
  const mayReplace = ON_EXISTING.some((name) => flags[name] === true)
  let hasFailed = false
  const fail = (source: string, { code, message, remedy }: RestorationError) => {
    hasFailed = true
    progress.file({ source, status: 'failed', results: [], error: { code, message, remedy } })
  }
  for (const { source, error } of closed) fail(source, error)
  for (const pair of pairs) {
    const { source, target } = pair
    if (signal.aborted) break
    if (await isToSkip(pair, flags)) {
      progress.file({ source, status: 'skipped', results: [target] })
      continue
    }
    const start = performance.now()
    try {
      if (!mayReplace) refuseExisting([target])
      const bytes = await readFile(source)
      const notes: string[] = []
      const pictures = await workbench.run({
        graph: graphOf(source, await hasAlpha(bytes, settings.maxPixels)),
        settings: [],
        attachments: { [basename(source)]: bytes },
        signal,
        onEvent: (event) => {
          if (event.type === 'node_progress' && event.node === 'restore') progress.part(event.value / event.max)
          if (event.type === 'node_text' && event.node === 'load') notes.push(...event.text.split('\n'))
        },
      })
      const results = resultNames(target, pictures.length)
      if (flags['skip-existing'] === true && existsSync(target)) {
        // Another process was quicker.
        progress.file({ source, status: 'skipped', results: [target] })
        continue
      }
      if (!mayReplace) refuseExisting(results)
      const told = (png: Uint8Array) => (settings.saveMetadata ? keepMetadata(png, bytes) : png)
      const files = results.map((name, i) => ({ target: name, png: () => told(pictures[i]!.bytes) }))
      await writeResults(files, format)
      const seconds = Math.round(performance.now() - start) / 1000
      progress.file({ source, status: 'restored', results, seconds, ...(notes.length > 0 && { notes }) })
    } catch (caught) {
      if (signal.aborted) break
      const failure = failureOf(caught)
      fail(source, failure)
      if (HOPELESS.includes(failure.code)) break
    }
  }
  progress.end()
  if (signal.aborted) return INTERRUPTED
  return hasFailed ? 1 : 0
}

async function isAnythingLeft(pairs: readonly Pair[], flags: Flags): Promise<boolean> {
  for (const pair of pairs) if (!(await isToSkip(pair, flags))) return true
  return false
}

/** Whether the result is there, with --update also whether it is younger than its picture. */
async function isToSkip({ source, target }: Pair, flags: Flags): Promise<boolean> {
  if (flags['skip-existing'] !== true && flags.update !== true) return false
  const [from, to] = await Promise.all([source, target].map((path) => stat(path).catch(() => undefined)))
  if (to === undefined) return false
  return flags.update !== true || from === undefined || from.mtimeMs <= to.mtimeMs
}

/**
 * Whether anything shows through. A JPEG has no alpha; for the others sharp loads, and many PNGs have one that is opaque throughout. What it
 * cannot read is refused by the run, which says why.
 */
async function hasAlpha(bytes: Uint8Array, maxPixels: number): Promise<boolean> {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return false
  const { default: sharp } = await import('sharp')
  // Of a damaged one, too, something may show through.
  const failOn = 'none'
  try {
    if (!(await sharp(bytes, { limitInputPixels: false, failOn }).metadata()).hasAlpha) return false
  } catch {
    return false
  }
  // Decodes it: only what the run would decode as well.
  const stats = sharp(bytes, { limitInputPixels: maxPixels, animated: true, failOn }).stats()
  return stats.then(
    ({ isOpaque }) => !isOpaque,
    () => true,
  )
}

/** Each says what becomes of results that exist; two of them would say different things. */
function refuseTogether(flags: Flags, names: readonly string[]): void {
  const given = names.filter((name) => flags[name] === true).map((name) => `--${name}`)
  if (given.length < 2) return
  throw new RestorationError(
    'configuration_invalid',
    `Expected one of ${names.map((name) => `--${name}`).join(', ')} but received ${given.join(' and ')}.`,
    'Leave out all but one.',
  )
}

function readFormat({ format }: Flags): Format | undefined {
  const known = FORMATS.find((name) => name === format)
  if (format === undefined || known !== undefined) return known
  throw new RestorationError(
    'configuration_invalid',
    `Expected --format to be one of ${FORMATS.join(', ')} but received '${String(format)}'.`,
    'Choose one of these.',
  )
}

/** `3 pictures are left out … (2 .heic, 1 .psd).` */
function unreadLine(names: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const name of names.map((one) => extname(one).toLowerCase())) counts.set(name, (counts.get(name) ?? 0) + 1)
  const kinds = [...counts].map(([name, count]) => `${count} ${name}`).join(', ')
  const [are, them] = names.length === 1 ? ['1 picture is', 'it'] : [`${names.length} pictures are`, 'them']
  return `${are} left out, of a format that is not read (${kinds}). Save ${them} as JPEG, PNG or TIFF first.`
}

function refuseExisting(results: readonly string[]): void {
  const existing = results.find((name) => existsSync(name))
  if (existing === undefined) return
  throw new RestorationError('invalid_input', `${existing} exists.`, 'Add --skip-existing, --update or --overwrite.')
}

function failureOf(error: unknown): RestorationError {
  if (error instanceof RestorationError) return error
  const message = messageOf(error)
  return new RestorationError('invalid_input', `${message}.`, 'See whether the file can be read.')
}
