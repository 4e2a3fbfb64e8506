/**
 * Measures the installed model on pairs of photographs, through the node graph of a real host:
 *
 *     npm run bench:quality [-- --pairs FOLDER] [--write]
 *
 * FOLDER holds NAME.jpg (or .png) and NAME.lq.png, which is four times smaller. `--write` renews docs/quality.md and its
 * sheet of pictures.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { colorShift } from '../../nodes/measure/color-shift.ts'
import { niqe } from '../../nodes/measure/niqe.ts'
import { psnrY } from '../../nodes/measure/psnr-y.ts'
import { ssimY } from '../../nodes/measure/ssim-y.ts'
import { decodeImage } from '../../nodes/sdk/decode.ts'
import { type ResizeMethod, resizeFrame } from '../../nodes/sdk/resize.ts'
import type { Frame } from '../../nodes/sdk/values.ts'
import { restoreGraph } from '../story/graphs.ts'
import { root, runPrompt, savedImage, startHost, upload } from '../story/host.ts'

export interface Scores {
  readonly psnr: number
  readonly ssim: number
  readonly niqe: number
  /** Of the mean colour against the picture that was restored, in 1/255. */
  readonly shift: number
}

export interface Measured {
  readonly name: string
  readonly original: Frame
  readonly pictures: Readonly<Record<Method, Frame>>
  readonly scores: Readonly<Record<Method, Scores>>
}

export const METHODS = ['bicubic', 'lanczos', 'gendr-nano'] as const
export type Method = (typeof METHODS)[number]

export const PAIRS = join(root, 'test/fixtures/photographs')

/** Restores every pair of a folder and measures it against its original. */
export async function measurePairs(folder: string): Promise<Measured[]> {
  const files = await readdir(folder)
  const names = files.filter((file) => file.endsWith('.lq.png')).map((file) => file.slice(0, -'.lq.png'.length))
  const host = await startHost()
  try {
    const measured: Measured[] = []
    for (const name of names.sort()) {
      const original = files.find((file) => file === `${name}.jpg` || file === `${name}.png`)
      if (original === undefined) throw new Error(`${name}.lq.png has no original beside it`)
      const poor = await readFile(join(folder, `${name}.lq.png`))
      await upload(host, `${name}.png`, poor)
      const saved = await savedImage(host, await runPrompt(host, restoreGraph(`${name}.png`)), 'save')
      measured.push(await measure(name, await open(join(folder, original)), await decode(poor), await decode(saved)))
    }
    return measured
  } finally {
    await host.stop()
  }
}

async function measure(name: string, original: Frame, poor: Frame, restored: Frame): Promise<Measured> {
  const enlarge = (method: ResizeMethod) => resizeFrame(poor, original.width, original.height, method)
  const bicubic = await enlarge('bicubic')
  const pictures = { bicubic, lanczos: await enlarge('lanczos'), 'gendr-nano': restored }
  const score = (picture: Frame): Scores => ({
    psnr: psnrY(picture, original),
    ssim: ssimY(picture, original),
    niqe: niqe(picture),
    shift: colorShift(picture, bicubic),
  })
  const scores = Object.fromEntries(METHODS.map((method) => [method, score(pictures[method])])) as Record<
    Method,
    Scores
  >
  return { name, original, pictures, scores }
}

export function average(measured: readonly Measured[], method: Method, score: keyof Scores): number {
  return measured.reduce((sum, { scores }) => sum + scores[method][score], 0) / measured.length
}

/** A Markdown table: one row for each photograph, and the means. */
export function table(measured: readonly Measured[]): string {
  const cells = (scores: readonly Scores[]) => [
    scores.map(({ psnr }) => psnr.toFixed(2)).join(' / '),
    scores.map(({ ssim }) => ssim.toFixed(3)).join(' / '),
    scores.map((score) => score.niqe.toFixed(2)).join(' / '),
    scores.at(-1)!.shift.toFixed(2),
  ]
  const mean = METHODS.map((method) => ({
    psnr: average(measured, method, 'psnr'),
    ssim: average(measured, method, 'ssim'),
    niqe: average(measured, method, 'niqe'),
    shift: average(measured, method, 'shift'),
  }))
  const rows = measured.map(({ name, scores }) => [name, ...cells(METHODS.map((method) => scores[method]))])
  const lines = [...rows, ['**mean**', ...cells(mean)]].map((row) => `| ${row.join(' | ')} |`)
  return ['| | PSNR-Y, dB | SSIM-Y | NIQE | colour shift, 1/255 |', '| --- | --- | --- | --- | --- |', ...lines].join(
    '\n',
  )
}

/** Rows of bicubic, restored and original, cut to the same middle part. */
export async function sheet(measured: readonly Measured[], path: string): Promise<void> {
  const [width, height, gap] = [300, 224, 4]
  const tiles = await Promise.all(
    measured.flatMap(({ pictures, original }, row) =>
      [pictures.bicubic, pictures['gendr-nano'], original].map(async (frame, column) => ({
        input: await sharp(frame.data, { raw: { width: frame.width, height: frame.height, channels: 3 } })
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
    ),
  )
  const size = { width: 3 * (width + gap) - gap, height: measured.length * (height + gap) - gap }
  await sharp({ create: { ...size, channels: 3, background: '#fff' } })
    .composite(tiles)
    .jpeg({ quality: 88 })
    .toFile(path)
}

async function open(path: string): Promise<Frame> {
  return decode(await readFile(path))
}

async function decode(bytes: Uint8Array): Promise<Frame> {
  return (await decodeImage(bytes, 'picture', 1e9)).frame
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { pairs: { type: 'string' }, write: { type: 'boolean' } } })
  const measured = await measurePairs(values.pairs ?? PAIRS)
  const text = table(measured)
  process.stdout.write(`${METHODS.join(' / ')}\n\n${text}\n`)
  if (values.write !== true) return
  await mkdir(join(root, 'docs/pictures'), { recursive: true })
  await sheet(measured, join(root, 'docs/pictures/quality.jpg'))
  await sheet(measured.slice(4, 6), join(root, 'docs/pictures/restored.jpg'))
  await writeFile(join(root, 'docs/quality.md'), page(text))
}

function page(text: string): string {
  return [
    '# Quality of gendr-nano',
    '',
    'Written by `npm run bench:quality -- --write`; do not edit. Twelve photographs that the model was not trained on, made four times',
    'smaller by the realistic chain with seeds of their own, restored by the node GenDRRestore with its defaults. Each cell:',
    `${METHODS.join(' / ')}. Colour shift: gendr-nano against bicubic. Licences of the photographs:`,
    '[SOURCES.json](../test/fixtures/photographs/SOURCES.json).',
    '',
    text,
    '',
    'Bicubic, gendr-nano, original:',
    '',
    '![Bicubic, gendr-nano, original](pictures/quality.jpg)',
    '',
  ].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
