/**
 * Measures every installed model through the node graph of a real host, beside bicubic and Lanczos:
 *
 *     npm run bench:quality [-- --pairs FOLDER | --images FOLDER] [--models NAME,NAME] [--model-folder FOLDER] [--write]
 *
 * A folder of pairs holds NAME.jpg (or .png) and NAME.lq.png, which is four times smaller; single images have no original
 * and are measured without. `--model-folder` holds further models. `--write` renews docs/quality.md and its sheets of
 * pictures. A model with several settings is measured in each of them, as MODEL SETTING.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { niqe } from '../../nodes/measure/niqe.ts'
import { psnrY } from '../../nodes/measure/psnr-y.ts'
import { ssimY } from '../../nodes/measure/ssim-y.ts'
import { decodeImage } from '../../nodes/pixels/decode.ts'
import { resizeFrame } from '../../nodes/pixels/resize.ts'
import type { Frame } from '../../nodes/sdk/values.ts'
import { restoreGraph } from '../story/graphs.ts'
import { type Host, root, runPrompt, savedImage, startHost, upload } from '../story/host.ts'
import { colorShift, sharpness } from './measures.ts'

export interface Scores {
  /** NaN without an original. */
  readonly psnr: number
  /** NaN without an original. */
  readonly ssim: number
  readonly niqe: number
  readonly sharpness: number
  /** Of the mean colour against bicubic, in 1/255. */
  readonly shift: number
}

export interface Measured {
  readonly name: string
  readonly original: Frame | undefined
  readonly pictures: Readonly<Record<string, Frame>>
  readonly scores: Readonly<Record<string, Scores>>
}

interface Subject {
  readonly name: string
  readonly poor: Uint8Array
  readonly original: Frame | undefined
}

export const PAIRS = join(root, 'test/fixtures/photographs')

const SCALE = 4
const CLASSICAL = ['bicubic', 'lanczos'] as const

/** Nobody stops a benchmark. */
const UNSTOPPED = new AbortController().signal

/** Restores every pair of a folder with each model and measures it against its original. */
export async function measurePairs(folder: string, options: MeasureOptions = {}): Promise<Measured[]> {
  const files = await readdir(folder)
  const names = files.filter((file) => file.endsWith('.lq.png')).map((file) => file.slice(0, -'.lq.png'.length))
  const subjects = names.sort().map(async (name): Promise<Subject> => {
    const original = files.find((file) => file === `${name}.jpg` || file === `${name}.png`)
    if (original === undefined) throw new Error(`${name}.lq.png has no original beside it`)
    const poor = await readFile(join(folder, `${name}.lq.png`))
    return { name, poor, original: await decode(await readFile(join(folder, original))) }
  })
  return measureAll(await Promise.all(subjects), options)
}

/** Restores every picture of a folder with each model; there is no original to compare with. */
async function measureImages(folder: string, options: MeasureOptions = {}): Promise<Measured[]> {
  const files = (await readdir(folder)).filter((file) => ['.png', '.jpg', '.jpeg', '.webp'].includes(extname(file)))
  const subjects = files.sort().map(async (name): Promise<Subject> => {
    return { name, poor: await readFile(join(folder, name)), original: undefined }
  })
  return measureAll(await Promise.all(subjects), options)
}

export interface MeasureOptions {
  /** @default every model that is installed */
  readonly models?: readonly string[] | undefined
  /** A folder of models beside the shipped ones. */
  readonly modelFolder?: string | undefined
}

async function measureAll(subjects: readonly Subject[], { models, modelFolder }: MeasureOptions): Promise<Measured[]> {
  const host = await startHost(modelFolder === undefined ? [] : ['--models', modelFolder])
  try {
    const contestants = (await installed(host)).filter(({ model }) => models?.includes(model) ?? true)
    const measured: Measured[] = []
    for (const subject of subjects) measured.push(await measure(host, subject, contestants))
    return measured
  } finally {
    await host.stop()
  }
}

/** A model as it is asked in one of its settings. */
interface Contestant {
  readonly title: string
  readonly model: string
  readonly setting: string
}

/** Every restorer that the host offers, in each of its settings. */
async function installed(host: Host): Promise<Contestant[]> {
  const answer = await fetch(`${host.url}/gendr/models`)
  const models = (await answer.json()) as { name: string; kind: string; prompts: string[] }[]
  return models
    .filter(({ kind }) => kind !== 'upscaler')
    .flatMap(({ name: model, prompts }) =>
      prompts.length > 1
        ? prompts.map((setting) => ({ title: `${model} ${setting}`, model, setting }))
        : [{ title: model, model, setting: 'default' }],
    )
}

async function measure(
  host: Host,
  { name, poor, original }: Subject,
  contestants: readonly Contestant[],
): Promise<Measured> {
  const frame = await decode(poor)
  const [width, height] = [original?.width ?? frame.width * SCALE, original?.height ?? frame.height * SCALE]
  const pictures: Record<string, Frame> = {}
  for (const method of CLASSICAL) pictures[method] = await resizeFrame(frame, width, height, method)
  const file = `${name.replaceAll(/[^\w-]/g, '_')}.png`
  await upload(host, file, poor)
  for (const { title, model, setting } of contestants) {
    const graph = restoreGraph(file, { model, setting })
    pictures[title] = await decode(await savedImage(host, await runPrompt(host, graph), 'save'))
  }
  const scores: Record<string, Scores> = {}
  for (const [method, picture] of Object.entries(pictures))
    scores[method] = {
      psnr: original === undefined ? Number.NaN : psnrY(picture, original),
      ssim: original === undefined ? Number.NaN : await ssimY(picture, original, UNSTOPPED),
      niqe: await niqe(picture, UNSTOPPED),
      sharpness: sharpness(picture),
      shift: colorShift(picture, pictures.bicubic!),
    }
  return { name, original, pictures, scores }
}

export function average(measured: readonly Measured[], method: string, score: keyof Scores): number {
  return measured.reduce((sum, { scores }) => sum + scores[method]![score], 0) / measured.length
}

const COLUMNS: readonly { readonly score: keyof Scores; readonly title: string; readonly digits: number }[] = [
  { score: 'psnr', title: 'PSNR-Y, dB', digits: 2 },
  { score: 'ssim', title: 'SSIM-Y', digits: 3 },
  { score: 'niqe', title: 'NIQE', digits: 2 },
  { score: 'sharpness', title: 'sharpness', digits: 0 },
  { score: 'shift', title: 'colour shift, 1/255', digits: 2 },
]

/** A Markdown table: one row for each picture, and the means; cells hold one value for each method. */
function table(measured: readonly Measured[], methods: readonly string[]): string {
  const columns = COLUMNS.filter(({ score }) => Number.isFinite(average(measured, methods[0]!, score)))
  const row = (name: string, value: (method: string, score: keyof Scores) => number) =>
    `| ${[name, ...columns.map(({ score, digits }) => methods.map((m) => value(m, score).toFixed(digits)).join(' / '))].join(' | ')} |`
  return [
    `| | ${columns.map(({ title }) => title).join(' | ')} |`,
    `|${' --- |'.repeat(columns.length + 1)}`,
    ...measured.map(({ name, scores }) => row(name, (method, score) => scores[method]![score])),
    row('**mean**', (method, score) => average(measured, method, score)),
  ].join('\n')
}

/** What NIQE says of the photographs themselves, where they are known. */
async function ofOriginals(measured: readonly Measured[]): Promise<readonly string[]> {
  const values: number[] = []
  for (const { original } of measured) if (original !== undefined) values.push(await niqe(original, UNSTOPPED))
  if (values.length === 0) return []
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return [
    `NIQE of the originals: ${mean.toFixed(2)} (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}).`,
  ]
}

/** Those that a method does least for come first. */
function leastGain(measured: readonly Measured[], method: string): readonly Measured[] {
  const gain = ({ scores }: Measured) => scores[method]!.ssim - scores.bicubic!.ssim
  return measured.toSorted((a, b) => gain(a) - gain(b))
}

/** Rows of bicubic, each model and the original where there is one, cut to the same middle part. */
async function sheet(measured: readonly Measured[], path: string): Promise<void> {
  const [width, height, gap] = [300, 224, 4]
  const rows = measured.map(({ pictures, original }) => {
    const { lanczos: _, ...shown } = pictures
    return [...Object.values(shown), ...(original === undefined ? [] : [original])]
  })
  const tiles = rows.flatMap((frames, row) =>
    frames.map(async (frame, column) => ({
      input: await sharp(frame.data, {
        raw: { width: frame.width, height: frame.height, channels: frame.channels },
      })
        .extract({
          left: Math.floor((frame.width - width) / 2),
          top: Math.floor((frame.height - height) / 2),
          width,
          height,
        })
        .png()
        .toBuffer(),
      left: column * (width + gap),
      top: row * (height + gap),
    })),
  )
  const size = { width: rows[0]!.length * (width + gap) - gap, height: rows.length * (height + gap) - gap }
  await sharp({ create: { ...size, channels: 3, background: '#fff' } })
    .composite(await Promise.all(tiles))
    .jpeg({ quality: 88 })
    .toFile(path)
}

async function decode(bytes: Uint8Array): Promise<Frame> {
  return (await decodeImage(bytes, 'picture', 1e9)).frame
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      pairs: { type: 'string' },
      images: { type: 'string' },
      models: { type: 'string' },
      'model-folder': { type: 'string' },
      write: { type: 'boolean' },
    },
  })
  const options = { models: values.models?.split(','), modelFolder: values['model-folder'] }
  const measured =
    values.images === undefined
      ? await measurePairs(values.pairs ?? PAIRS, options)
      : await measureImages(values.images, options)
  const methods = Object.keys(measured[0]?.pictures ?? {})
  if (methods.length === 0) throw new Error('There is no picture in that folder.')
  const text = [table(measured, methods), ...(await ofOriginals(measured))].join('\n\n')
  process.stdout.write(`${methods.join(' / ')}\n\n${text}\n`)
  if (values.write !== true) return
  await mkdir(join(root, 'docs/pictures'), { recursive: true })
  await sheet(measured, join(root, 'docs/pictures/quality.jpg'))
  await sheet(measured.slice(4, 6), join(root, 'docs/pictures/restored.jpg'))
  await sheet(leastGain(measured, methods.at(-1)!).slice(0, 3), join(root, 'docs/pictures/failures.jpg'))
  await writeFile(join(root, 'docs/quality.md'), page(text, methods))
}

function page(text: string, methods: readonly string[]): string {
  const shown = [...methods.filter((method) => method !== 'lanczos'), 'original'].join(', ')
  return [
    '# Quality of gendr-nano',
    '',
    'Written by `npm run bench:quality -- --write`; do not edit. Twelve photographs that the model was not trained on, made four times',
    'smaller by the realistic chain with seeds of their own, restored by the node GenDRRestore. Each cell:',
    `${methods.join(' / ')}. Sharpness: variance of the Laplacian, in which noise counts too. Colour shift: against bicubic.`,
    'Licences of the photographs: [SOURCES.json](../test/fixtures/photographs/SOURCES.json).',
    '',
    text,
    '',
    `${shown}:`,
    '',
    `![${shown}](pictures/quality.jpg)`,
    '',
  ].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
