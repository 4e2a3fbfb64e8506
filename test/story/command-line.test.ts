import { execFile } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readGraphTexts } from '../../server/graph/picture-text.ts'
import { asUser } from '../as-user.ts'
import { root } from './host.ts'

const EXAMPLE = join(root, 'workflows/restore-photo.json')
const PHOTOGRAPH = join(root, 'workflows/photographs/old-photograph.jpg')

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gendr-command-'))
})
afterEach(() => rm(folder, { recursive: true }))

interface Answer {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** What `gendr` says of these arguments, with an own data folder. */
function gendr(...args: string[]): Promise<Answer> {
  return answer(process.execPath, commandOf(args))
}

function gendrOfUser(...args: string[]): Promise<Answer> {
  return answer(...asUser(process.execPath, commandOf(args)))
}

function commandOf(args: readonly string[]): readonly string[] {
  const device = args[0] === 'import' ? [] : ['--device', 'cpu']
  return [join(root, 'server/start.mjs'), ...args, '--data', join(folder, 'data'), ...device]
}

function answer(program: string, args: readonly string[]): Promise<Answer> {
  return new Promise((done) => {
    execFile(program, args, { cwd: folder }, (error, stdout, stderr) =>
      done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    )
  })
}

async function sizeOf(file: string): Promise<readonly [number, number]> {
  const { width, height } = await sharp(join(folder, file)).metadata()
  return [width, height]
}

function pixelsOf(file: string): Promise<Buffer> {
  return sharp(join(folder, file)).raw().toBuffer()
}

describe('from the command line', () => {
  test('the example runs as it is, in a data folder that nothing was in', async () => {
    const { code, stdout, stderr } = await gendr('run', EXAMPLE, '--set', 'GenDRModelLoader.setting=detailed')
    expect(stderr).toMatch(/^\w+: \d+ × \d+ in \w+ tiles?$/m)
    expect([code, stdout]).toEqual([0, 'old-photograph-restored_00001_.png\n'])
    expect(await sizeOf('old-photograph-restored_00001_.png')).toEqual([1024, 768])
  })

  test('a picture in the input folder comes before an example of its name, and one beside the reader before both', async () => {
    const put = async (path: string, side: number) => {
      await mkdir(join(folder, path), { recursive: true })
      await sharp(PHOTOGRAPH)
        .resize(side, side)
        .toFile(join(folder, path, 'old-photograph.jpg'))
    }
    await put('data/input', 40)
    await gendr('run', EXAMPLE)
    expect(await sizeOf('old-photograph-restored_00001_.png')).toEqual([160, 160])
    await put('.', 32)
    await gendr('run', EXAMPLE)
    expect(await sizeOf('old-photograph-restored_00002_.png')).toEqual([128, 128])
  })

  test('a picture that carries its graph runs like the graph', async () => {
    const saving = { filename_prefix: 'again', format: 'webp', quality: 90, background: 'white', save_graph: true }
    const graph = {
      made: { class_type: 'EmptyImage', inputs: { width: 16, height: 8, batch_size: 1, color: 255 } },
      save: { class_type: 'SaveImageAs', inputs: { ...saving, images: ['made', 0] } },
    }
    await writeFile(join(folder, 'graph.json'), JSON.stringify(graph))
    expect((await gendr('run', 'graph.json')).stdout).toBe('again_00001_.webp\n')
    expect((await gendr('run', 'again_00001_.webp')).stdout).toBe('again_00002_.webp\n')
    const { code, stderr } = await gendr('run', PHOTOGRAPH)
    expect([code, stderr]).toEqual([1, expect.stringContaining('is not JSON')])
  })

  test('a workflow that is shipped, or was saved in the editor, runs by its name', async () => {
    const graph = {
      made: { class_type: 'EmptyImage', inputs: { width: 16, height: 8, batch_size: 1, color: 255 } },
      save: { class_type: 'SaveImage', inputs: { images: ['made', 0], filename_prefix: 'named' } },
    }
    await mkdir(join(folder, 'data/user/workflows/mine'), { recursive: true })
    await writeFile(join(folder, 'data/user/workflows/mine/grey.json'), JSON.stringify(graph))
    expect((await gendr('run', 'mine/grey', '--set', 'EmptyImage.width=8')).stdout).toBe('named_00001_.png\n')
    expect(await sizeOf('named_00001_.png')).toEqual([8, 8])
    const { code, stderr } = await gendr('run', 'mine/gray')
    expect(code).toBe(1)
    expect(stderr).toContain("There is no file 'mine/gray', and no workflow of that name. Name one of: ")
    expect(stderr).toMatch(/restore-photo.*mine\/grey/)
  })

  test('what a photograph says of itself its results say too, unless that is not wanted', async () => {
    await sharp(PHOTOGRAPH)
      .resize(24, 16)
      .withExif({ IFD0: { Copyright: 'Somebody' }, IFD2: { DateTimeOriginal: '1999:01:02 03:04:05' } })
      .withMetadata({ density: 300, orientation: 6 })
      .toFile(join(folder, 'photo.jpg'))
    const graph = {
      load: { class_type: 'LoadImage', inputs: { image: 'photo.jpg' } },
      flip: { class_type: 'ImageInvert', inputs: { image: ['load', 0] } },
      save: {
        class_type: 'SaveImageAs',
        inputs: {
          images: ['flip', 0],
          filename_prefix: 'saved',
          format: 'jpg',
          quality: 90,
          background: 'white',
          save_graph: true,
        },
      },
    }
    await writeFile(join(folder, 'graph.json'), JSON.stringify(graph))
    await gendr('run', 'graph.json')
    await gendr('restore', 'photo.jpg', 'restored.jpg', '--scale', '1')
    for (const name of ['saved_00001_.jpg', 'restored.jpg']) {
      const { exif, density, orientation, width } = await sharp(join(folder, name)).metadata()
      expect(exif!.toString('latin1')).toMatch(/Somebody.*1999:01:02/s)
      expect([density, orientation, width]).toEqual([300, 1, 16])
      expect(readGraphTexts(await readFile(join(folder, name))).join()).toContain('"SaveImageAs"')
    }
    await gendr('run', 'graph.json', '--no-metadata')
    await gendr('restore', 'photo.jpg', 'silent.jpg', '--scale', '1', '--no-metadata')
    for (const name of ['saved_00002_.jpg', 'silent.jpg']) {
      const { exif, xmp } = await sharp(join(folder, name)).metadata()
      expect([exif, xmp]).toEqual([undefined, undefined])
    }
  })

  test('runs that write to one folder at once keep out of each other, and a folder that is none is told of first', async () => {
    const graph = {
      made: { class_type: 'EmptyImage', inputs: { width: 16, height: 8, batch_size: 4, color: 255 } },
      save: { class_type: 'SaveImage', inputs: { images: ['made', 0], filename_prefix: 'made' } },
    }
    await writeFile(join(folder, 'graph.json'), JSON.stringify(graph))
    const runs = await Promise.all(Array.from({ length: 3 }, () => gendr('run', 'graph.json', '--output', 'out')))
    const said = runs.flatMap(({ stdout }) => stdout.trim().split('\n')).sort()
    expect(said).toEqual(Array.from({ length: 12 }, (_, i) => `out/made_${String(i + 1).padStart(5, '0')}_.png`))
    expect((await readdir(join(folder, 'out'))).sort()).toEqual(said.map((name) => name.slice(4)))
    const { code, stdout, stderr } = await gendr('run', 'graph.json', '--output', 'graph.json/out')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^gendr: graph\.json\/out cannot be written \(ENOTDIR\)\. .*\n$/)
  })

  test('a picture that is nowhere is named, with what to do', async () => {
    const { code, stderr } = await gendr('run', EXAMPLE, '--set', 'LoadImage.image=lost.jpg')
    expect(code).toBe(1)
    expect(stderr).toMatch(/LoadImage.*lost\.jpg/)
    expect(await readdir(folder)).toEqual(['data'])
  })

  test('a cut-out stays cut out, and 16 bits stay 16 bits', async () => {
    const photograph = () => sharp(PHOTOGRAPH).resize(24, 16)
    const alpha = Buffer.from(Array.from({ length: 24 * 16 }, (_, i) => (i % 24 < 12 ? 0 : 255)))
    await photograph()
      .joinChannel(alpha, { raw: { width: 24, height: 16, channels: 1 } })
      .toFile(join(folder, 'cut-out.png'))
    // Opaque throughout, which is no transparency to keep.
    await photograph().ensureAlpha().toColourspace('rgb16').png().toFile(join(folder, 'deep.png'))
    await gendr('restore', 'cut-out.png', 'cut-out-2.png', '--scale', '2')
    const { data, info } = await sharp(join(folder, 'cut-out-2.png')).raw().toBuffer({ resolveWithObject: true })
    expect(info).toMatchObject({ width: 48, height: 32, channels: 4 })
    const alphaAt = (x: number) => data[(16 * 48 + x) * 4 + 3]
    expect([alphaAt(4), alphaAt(44)]).toEqual([0, 255])
    await gendr('restore', 'deep.png', 'deep-1.tiff', '--scale', '1')
    expect(await sharp(join(folder, 'deep-1.tiff')).metadata()).toMatchObject({ depth: 'ushort', channels: 3 })
  })

  test('what a cut-out hides does not show at its edges', async () => {
    const disc = Buffer.alloc(48 * 48 * 4)
    for (let i = 0; i < 48 * 48; i++) {
      const edge = 18 - Math.hypot((i % 48) - 23.5, Math.floor(i / 48) - 23.5)
      if (edge > 0) disc.set([200, 120, 60, Math.round(255 * Math.min(1, edge))], i * 4)
    }
    await sharp(disc, { raw: { width: 48, height: 48, channels: 4 } }).toFile(join(folder, 'disc.png'))
    await gendr('restore', 'disc.png', 'disc-4.png')
    const data = await sharp(join(folder, 'disc-4.png')).raw().toBuffer()
    const wanted = [200, 120, 60]
    let furthest = 0
    let visible = 0
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3]! < 64) continue
      visible++
      for (let c = 0; c < 3; c++) furthest = Math.max(furthest, Math.abs(data[at + c]! - wanted[c]!))
    }
    expect(visible / (Math.PI * (17.5 * 4) ** 2)).toBeCloseTo(1, 1)
    expect(furthest).toBeLessThan(12)
  })

  test('a folder of pictures is restored, but for the file that is none, which is named, and a damaged one as far as it goes', async () => {
    await mkdir(join(folder, 'old/trip'), { recursive: true })
    await copyFile(PHOTOGRAPH, join(folder, 'old/one.jpg'))
    await sharp(PHOTOGRAPH).resize(48, 36).toFile(join(folder, 'old/trip/two.png'))
    await writeFile(join(folder, 'old/broken.jpg'), 'no picture')
    const small = await sharp(PHOTOGRAPH).resize(48, 36).toBuffer()
    await writeFile(join(folder, 'old/cut.jpg'), small.subarray(0, 0.8 * small.length))
    const { code, stderr, stdout } = await gendr('restore', 'old', 'new', '--scale', '2')
    expect(code).not.toBe(0)
    expect(stdout + stderr).toMatch(/broken\.jpg/)
    expect(stderr).toMatch(/^gendr: old\/cut\.jpg: the file is damaged/m)
    expect(await sizeOf('new/cut.png')).toEqual([96, 72])
    expect(await sizeOf('new/one.png')).toEqual([512, 384])
    expect(await sizeOf('new/trip/two.png')).toEqual([96, 72])
  })
  test('a batch tells programs of each file, goes on where it was, and does again what has changed', async () => {
    const long = 'n'.repeat(240)
    await mkdir(join(folder, 'old'))
    for (const name of ['a', long])
      await sharp(PHOTOGRAPH)
        .resize(16, 16)
        .toFile(join(folder, `old/${name}.jpg`))
    await writeFile(join(folder, 'old/empty.png'), '')
    const batch = async (...flags: string[]) => {
      const { code, stdout, stderr } = await gendr('restore', 'old', 'new', '--scale', '1', '--json', ...flags)
      const lines = stdout.trim().split('\n')
      return { code, stderr, files: lines.map((line) => JSON.parse(line)) }
    }
    const first = await batch()
    expect(first.code).toBe(1)
    expect(first.files).toEqual([
      { source: 'old/a.jpg', status: 'restored', results: ['new/a.png'], seconds: expect.any(Number) },
      {
        source: 'old/empty.png',
        status: 'failed',
        results: [],
        error: expect.objectContaining({ code: 'image_unreadable', message: expect.stringContaining('empty.png') }),
      },
      expect.objectContaining({ status: 'restored', results: [`new/${long}.png`] }),
    ])
    expect(first.stderr).toMatch(/^gendr: old\/empty\.png: .*empty\.png/m)
    await rm(join(folder, 'old/empty.png'))
    await sharp(PHOTOGRAPH).resize(20, 20).toFile(join(folder, 'old/a.jpg'))
    expect((await batch('--skip-existing')).files.map(({ status }) => status)).toEqual(['skipped', 'skipped'])
    expect(await batch('--update')).toMatchObject({ code: 0, files: [{ status: 'restored' }, { status: 'skipped' }] })
    expect(await sizeOf('new/a.png')).toEqual([20, 20])
  })

  test('pictures that are restored several at once become what they become one after the other', async () => {
    await mkdir(join(folder, 'old'))
    for (let side = 20; side < 28; side++)
      await sharp(PHOTOGRAPH)
        .resize(side, side)
        .toFile(join(folder, `old/${side}.png`))
    await writeFile(join(folder, 'old/broken.png'), 'no picture')
    const batch = async (output: string, jobs: number) => {
      const { code, stdout } = await gendr('restore', 'old', output, '--scale', '2', '--json', '--jobs', `${jobs}`)
      expect(code).toBe(1)
      const files = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      return files.map(({ source, status }) => `${source} ${status}`).sort()
    }
    const alone = await batch('one', 1)
    expect(alone).toHaveLength(9)
    expect(await batch('three', 3)).toEqual(alone)
    for (let side = 20; side < 28; side++)
      expect(await pixelsOf(`three/${side}.png`)).toEqual(await pixelsOf(`one/${side}.png`))
  })

  test('two batches at once leave to each other what the other one has done', async () => {
    await mkdir(join(folder, 'in'))
    const small = sharp(PHOTOGRAPH).resize(16, 16)
    for (let i = 0; i < 12; i++) await small.clone().toFile(join(folder, `in/${i}.png`))
    const batch = () => gendr('restore', 'in', 'out', '--skip-existing', '--json')
    const both = await Promise.all([batch(), batch()])
    expect(both.map(({ code, stderr }) => [code, stderr])).toEqual([
      [0, ''],
      [0, ''],
    ])
    expect(await readdir(join(folder, 'out'))).toHaveLength(12)
  })

  test('a folder that cannot be read fails, and the pictures of the others are restored', async () => {
    await mkdir(join(folder, 'in/locked'), { recursive: true })
    await sharp(PHOTOGRAPH).resize(16, 16).toFile(join(folder, 'in/a.jpg'))
    await chmod(join(folder, 'in/locked'), 0)
    const { code, stdout, stderr } = await gendrOfUser('restore', 'in', 'out', '--scale', '1', '--json')
    const files = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(files).toMatchObject([
      { source: 'in/locked', status: 'failed', error: { code: 'invalid_input' } },
      { source: 'in/a.jpg', status: 'restored' },
    ])
    expect([code, stderr]).toEqual([1, expect.stringContaining("The folder 'in/locked' cannot be read (EACCES)")])
  })

  test('a folder that cannot be written is told of once, before the first picture, if there is any to restore', async () => {
    await mkdir(join(folder, 'in'))
    for (const name of ['a', 'b'])
      await sharp(PHOTOGRAPH)
        .resize(16, 16)
        .toFile(join(folder, `in/${name}.jpg`))
    await mkdir(join(folder, 'out'), { mode: 0o555 })
    const closed = await gendrOfUser('restore', 'in', 'out')
    expect([closed.code, closed.stdout]).toEqual([1, ''])
    expect(closed.stderr).toMatch(/^gendr: out cannot be written \(EACCES\)\..*\n$/)
    for (const name of ['a', 'b']) await writeFile(join(folder, `out/${name}.png`), '')
    expect((await gendrOfUser('restore', 'in', 'out', '--skip-existing')).code).toBe(0)
  })

  test('the pages of a scan have names of their own, and a scan that was cut off among them is done again', async () => {
    const grey = (shade: number, height: number) => Buffer.alloc(16 * height, shade)
    const page = { width: 16, channels: 1 } as const
    await mkdir(join(folder, 'in'))
    await sharp(Buffer.concat([grey(60, 16), grey(180, 16)]), { raw: { ...page, height: 32, pageHeight: 16 } })
      .tiff()
      .toFile(join(folder, 'in/scan.tif'))
    const restored = async (...flags: string[]) => {
      const { code, stdout, stderr } = await gendr('restore', 'in', 'out', '--scale', '1', '--json', ...flags)
      const lines = stdout.trim().split('\n')
      return [code, stderr, lines.flatMap((line) => JSON.parse(line).results)]
    }
    expect(await restored()).toEqual([0, '', ['out/scan.png', 'out/scan.p2.png']])

    // As a process leaves it that is killed between the names.
    await rm(join(folder, 'out/scan.png'))
    await writeFile(join(folder, 'out/scan.p2.png'), 'half')
    const [code, said] = await restored()
    expect([code, said]).toEqual([1, expect.stringMatching(/out\/scan\.p2\.png exists\. Add --skip-existing/)])
    expect(await readFile(join(folder, 'out/scan.p2.png'), 'utf8')).toBe('half')
    await sharp(grey(90, 12), { raw: { ...page, height: 12 } }).toFile(join(folder, 'in/scan.p2.jpg'))
    const all = ['out/scan.p2.jpg.png', 'out/scan.png', 'out/scan.p2.png']
    expect(await restored('--skip-existing')).toEqual([0, '', all])
    expect(await sizeOf('out/scan.p2.png')).toEqual([16, 16])
  })

  test('a flag that does not fit is named before the first picture, as wrong use', async () => {
    const { code, stderr } = await gendr('restore', PHOTOGRAPH, 'large.png', '--scale', '9')
    expect([code, stderr]).toEqual([2, expect.stringMatching(/gendr: --scale 9 .*from 1\.0 to 8\.0/)])
    await gendr('import', join(root, 'test/fixtures/upscalers/compact-x4.pth'))
    const lost = await gendr('restore', PHOTOGRAPH, 'large.png', '--model', 'lost')
    expect([lost.code, lost.stderr]).toEqual([2, expect.stringMatching(/'lost'.*gendr-nano, compact-x4/)])
    const together = await gendr('restore', PHOTOGRAPH, 'large.png', '--tile', '64')
    expect([together.code, together.stderr]).toEqual([2, expect.stringMatching(/^gendr: .*overlap.*--tile\.\n$/)])
  })

  test('a model that is damaged ends the batch at its first picture', async () => {
    await mkdir(join(folder, 'in'))
    for (const name of ['a.jpg', 'b.jpg']) await copyFile(PHOTOGRAPH, join(folder, 'in', name))
    await mkdir(join(folder, 'data/models/broken'), { recursive: true })
    await writeFile(join(folder, 'data/models/broken/manifest.json'), '{}')
    const { code, stdout } = await gendr('restore', 'in', 'out', '--model', 'broken', '--json')
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^\{"source":"in\/a\.jpg".*"model_corrupt".*\}\n$/)])
  })
})
