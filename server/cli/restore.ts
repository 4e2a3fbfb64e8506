import { readFile } from 'node:fs/promises'
import { basename, dirname, extname } from 'node:path'
import { type ErrorCode, RestorationError } from '../../nodes/sdk/error.ts'
import { type Flags, WORK_OPTIONS, type WorkSettings, workSettings } from '../config.ts'
import type { Prompt } from '../graph/prompt.ts'
import { messageOf } from '../message-of.ts'
import { abortOnInterrupt, INTERRUPTED } from './abort.ts'
import { againIfLost } from './again-if-lost.ts'
import { batchProgress, type Outcome } from './batch-progress.ts'
import { type ChosenModel, chooseModel } from './chosen-model.ts'
import type { Command } from './command.ts'
import { isToSkip, type OnExisting, onExisting, refuseExisting } from './existing-results.ts'
import { JOBS_OPTION, jobsOf, MOST_JOBS, pictureBytes, processBytes, threadsOf } from './jobs.ts'
import { MemoryBudget } from './memory-budget.ts'
import { pictureFacts } from './picture-facts.ts'
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
      help: "times the film grain that the model's setting adds; 0 adds none (1)",
    },
    'color-transfer': { value: 'NAME', help: 'how the colours of the picture are kept' },
    format: { value: FORMATS.join('|'), help: 'format of the results (png, or as OUT says)' },
    overwrite: { help: 'replace results that exist' },
    'skip-existing': { help: 'leave out pictures whose result exists' },
    update: { help: 'leave out pictures whose result is younger, and replace the results of the others' },
    jobs: JOBS_OPTION,
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
    const existing = onExisting(flags)
    const { unread, ...batch } = await planBatch(input, output, readFormat(flags))
    if (unread.length > 0) process.stderr.write(`gendr: ${unreadLine(unread)}\n`)
    if (batch.pairs.length === 0) {
      if (batch.closed[0] !== undefined) throw batch.closed[0].error
      throw new RestorationError('file_not_found', `There is no picture in '${input}'.`, 'Name a folder with pictures.')
    }
    const model = await chooseModel(settings, flags)
    const memory = process.availableMemory()
    const pictures = await countLeft(batch.pairs, existing)
    const jobs = jobsOf(flags, { ...settings, pictures, model, memory })
    const workbenches = await openWorkbenches(jobs, settings)
    try {
      const catalogue = await workbenches[0]!.surroundings.catalogue()
      const graphOf = (source: string, hasAlpha: boolean) =>
        restoreGraph(catalogue, { name: basename(source), hasAlpha, format: batch.format }, model, flags)
      const budget = new MemoryBudget(memory)
      const share = processBytes(model, threadsOf(settings.threads, jobs))
      const isAnyLeft = pictures > 0
      return await restoreAll({
        ...batch,
        existing,
        isAnyLeft,
        workbenches,
        budget,
        share,
        graphOf,
        model,
        flags,
        settings,
      })
    } finally {
      await Promise.all(workbenches.map((workbench) => workbench.close()))
    }
  },
}

/** That share cores and cache. */
function openWorkbenches(count: number, settings: WorkSettings): Promise<Workbench[]> {
  const threads = threadsOf(settings.threads, count)
  const cacheBytes = Math.floor(settings.cacheBytes / count)
  return Promise.all(Array.from({ length: count }, () => Workbench.open({ ...settings, threads, cacheBytes })))
}

interface Work extends Omit<Batch, 'unread'> {
  readonly existing: OnExisting
  /** Whether any picture is not to be skipped. */
  readonly isAnyLeft: boolean
  /** At each one picture at a time. */
  readonly workbenches: readonly Workbench[]
  readonly budget: MemoryBudget
  /** What each workbench takes of it. */
  readonly share: number
  readonly graphOf: (source: string, hasAlpha: boolean) => Prompt
  readonly model: ChosenModel
  readonly flags: Flags
  /** How many pixels a picture may have. */
  readonly settings: Pick<WorkSettings, 'maxPixels'>
}

/** What the next file would fail of as well. */
const HOPELESS: readonly ErrorCode[] = ['disk_full', 'model_corrupt', 'model_not_found']

/** All pictures, whatever becomes of the others, until one is hopeless. @returns the exit code */
async function restoreAll(work: Work): Promise<number> {
  const { pairs, closed, flags, workbenches } = work
  const signal = abortOnInterrupt()
  await checkOnce(work)
  const progress = await batchProgress(closed.length + pairs.length, flags.json === true)
  let hasFailed = false
  const fail = (source: string, { code, message, remedy }: RestorationError) => {
    hasFailed = true
    progress.file({ source, status: 'failed', results: [], error: { code, message, remedy } })
  }
  for (const { source, error } of closed) fail(source, error)
  const left = pairs.values()
  let isHopeless = false
  const restoreThem = async (workbench: Workbench) => {
    for (const pair of left) {
      if (signal.aborted || isHopeless) return
      const { source } = pair
      try {
        const onPart = (part: number) => progress.part(source, part)
        progress.file(await againIfLost(() => restoreOne(pair, workbench, work, signal, onPart)))
      } catch (caught) {
        if (signal.aborted) return
        const failure = failureOf(caught)
        fail(source, failure)
        isHopeless ||= HOPELESS.includes(failure.code)
      }
    }
  }
  await Promise.all(workbenches.map(restoreThem))
  progress.end()
  if (signal.aborted) return INTERRUPTED
  return hasFailed ? 1 : 0
}

/**
 * What would fail every file, such as a flag that does not fit, is said once, before the first; then there are folders for
 * the results.
 */
async function checkOnce({ pairs, folder, isAnyLeft, workbenches, graphOf, model, flags }: Work): Promise<void> {
  const first = pairs[0]!.source
  const { prompt } = await workbenches[0]!
    .check({ graph: graphOf(first, false), settings: [], attachments: { [basename(first)]: new Uint8Array() } })
    .catch((error) => {
      throw complaintOfFlag(error, flags)
    })
  checkTiles(prompt, model)
  if (!isAnyLeft) return
  const folders = pairs.map(({ target }) => dirname(target))
  await prepareFolder(folder, folders)
}

/** How many pictures are to be restored, counted up to MOST_JOBS. */
async function countLeft(pairs: readonly Pair[], existing: OnExisting): Promise<number> {
  let count = 0
  for (const pair of pairs) {
    if (count === MOST_JOBS) break
    if (!(await isToSkip(pair, existing))) count++
  }
  return count
}

/** The nodes that say what was left out of a picture, and of its result. */
const SAYING = ['load', 'save']

/** How many times larger results usually are. */
const LARGER = 4

/** @param onPart is told which part of the picture is done, 0 to 1 */
async function restoreOne(
  pair: Pair,
  workbench: Workbench,
  { existing, budget, share, graphOf, model, settings, flags }: Work,
  signal: AbortSignal,
  onPart: (fraction: number) => void,
): Promise<Outcome> {
  const { source, target } = pair
  const skipped: Outcome = { source, status: 'skipped', results: [target] }
  if (await isToSkip(pair, existing)) return skipped
  refuseExisting([target], existing)
  const bytes = await readFile(source)
  const notes: string[] = []
  const { pixels, hasAlpha } = await pictureFacts(bytes, settings.maxPixels)
  const scale = model.scale ?? Number(flags.scale ?? LARGER)
  let start = 0
  const pictures = await budget.use(share + pictureBytes(pixels * scale ** 2), () => {
    start = performance.now()
    return workbench.run({
      graph: graphOf(source, hasAlpha),
      settings: [],
      attachments: { [basename(source)]: bytes },
      signal,
      onEvent: (event) => {
        if (event.type === 'node_progress' && event.node === 'restore') onPart(event.value / event.max)
        if (event.type === 'node_text' && SAYING.includes(event.node)) notes.push(...event.text.split('\n'))
      },
    })
  })
  // Another process was quicker.
  if (await isToSkip(pair, existing)) return skipped
  const results = resultNames(target, pictures.length)
  refuseExisting(results, existing)
  await writeResults(results.map((name, i) => ({ target: name, bytes: pictures[i]!.bytes })))
  const seconds = Math.round(performance.now() - start) / 1000
  return { source, status: 'restored', results, seconds, ...(notes.length > 0 && { notes }) }
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

function failureOf(error: unknown): RestorationError {
  if (error instanceof RestorationError) return error
  const message = messageOf(error)
  return new RestorationError('invalid_input', `${message}.`, 'See whether the file can be read.')
}
