import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { levelsOf, pyramidOf } from '../../../server/http/pyramids.ts'
import { type FakeHost, startFakeHost } from '../runs/fake-host.ts'

const [WIDTH, HEIGHT] = [5001, 3503]
let host: FakeHost

beforeAll(async () => {
  host = await startFakeHost()
  const output = join(host.data, 'output')
  // Red grows to the right, green downwards: a value says where it is from.
  const raw = Buffer.alloc(WIDTH * HEIGHT * 3)
  for (let y = 0, at = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++, at += 3) {
      raw[at] = Math.floor((x * 256) / WIDTH)
      raw[at + 1] = Math.floor((y * 256) / HEIGHT)
    }
  }
  const size = { width: WIDTH, height: HEIGHT, channels: 3 as const }
  await sharp(raw, { raw: size }).png({ compressionLevel: 1 }).toFile(join(output, 'large.png'))
  const red = sharp({ create: { width: 64, height: 48, channels: 3, background: '#f00' } })
  await red.clone().toColourspace('rgb16').withIccProfile('p3').png().toFile(join(output, 'wide.png'))
  await red.clone().jpeg().withMetadata({ orientation: 6 }).toFile(join(output, 'turned.jpg'))
  const jpeg = await sharp(raw, { raw: size }).resize(400, 300).jpeg().toBuffer()
  await writeFile(join(output, 'cut.jpg'), jpeg.subarray(0, jpeg.length / 2))
  await red.clone().tiff().toFile(join(output, 'small.tif'))
})
afterAll(() => host.stop())

const get = (path: string, headers: Record<string, string> = {}) => fetch(host.url + path, { headers })
const facts = async (name: string) => (await (await get(`/picture?filename=${name}`)).json()) as Record<string, unknown>
const known = (etag: string) => ({ 'if-none-match': etag, 'cache-control': 'max-age=0' })
const pixels = async (response: Response) =>
  sharp(Buffer.from(await response.arrayBuffer()))
    .raw()
    .toBuffer({ resolveWithObject: true })

describe('pictures for screens', () => {
  test('the facts of a picture say how large it is, how deep, and in how many levels it comes', async () => {
    expect(await facts('large.png')).toMatchObject({ width: WIDTH, height: HEIGHT, bits: 8, levels: 5, tile: 512 })
    expect(await facts('wide.png')).toMatchObject({ width: 64, height: 48, bits: 16, isWide: true, levels: 0 })
    expect(await facts('turned.jpg')).toMatchObject({ width: 48, height: 64, format: 'jpeg', isWide: false })
  })

  test('a picture that is small and that browsers show comes as the file is, with its size', async () => {
    const response = await get('/view?filename=turned.jpg&size=256')
    expect(response.headers.get('content-type')).toBe('image/jpeg')
    expect(response.headers.get('gendr-picture-size')).toBe('48x64')
  })

  test('others come reduced, and not a second time to whom has them', async () => {
    const response = await get('/view?filename=large.png&size=300')
    expect(response.headers.get('gendr-picture-size')).toBe(`${WIDTH}x${HEIGHT}`)
    const etag = response.headers.get('etag')!
    expect((await pixels(response)).info).toMatchObject({ width: 300, height: 210 })
    expect((await get('/view?filename=large.png&size=300', known(etag))).status).toBe(304)
    expect((await get('/view?filename=small.tif&size=256')).headers.get('content-type')).toBe('image/webp')
  })

  test('what is there of a JPEG that was cut off is shown', async () => {
    const response = await get('/view?filename=cut.jpg&size=100')
    expect(response.headers.get('gendr-picture-size')).toBe('400x300')
    const { data, info } = await pixels(response)
    expect(info).toMatchObject({ width: 100, height: 75 })
    // Red grows to the right in what is there; the rest is grey.
    const redAt = (x: number, y: number) => data[(y * 100 + x) * info.channels]!
    expect(redAt(95, 10) - redAt(5, 10)).toBeGreaterThan(150)
    expect([redAt(5, 70), redAt(95, 70)]).toEqual([128, 128])
  })

  test.each(['preview=webp', 'preview=jpeg;80', 'channel=rgb', 'channel=a'])(
    'it is shown to those who ask for %s',
    async (query) => {
      const response = await get(`/view?filename=cut.jpg&${query}`)
      expect(response.status).toBe(200)
      expect((await pixels(response)).info).toMatchObject({ width: 400, height: 300 })
    },
  )

  test('a tile shows its place of the picture, value for value', async () => {
    const { data, info } = await pixels(await get('/picture/tile?filename=large.png&level=0&column=9&row=6'))
    expect(info).toMatchObject({ width: WIDTH - 9 * 512, height: HEIGHT - 6 * 512 })
    const [x, y] = [100, 200]
    const at = (y * info.width + x) * info.channels
    expect(data[at]).toBe(Math.floor(((9 * 512 + x) * 256) / WIDTH))
    expect(data[at + 1]).toBe(Math.floor(((6 * 512 + y) * 256) / HEIGHT))
  })

  test('each level is half of the one before it, and the last is one tile', async () => {
    const { info } = await pixels(await get('/picture/tile?filename=large.png&level=2&column=2&row=1'))
    expect(info).toMatchObject({ width: (WIDTH >> 2) - 1024, height: (HEIGHT >> 2) - 512 })
    const last = await pixels(await get('/picture/tile?filename=large.png&level=3&column=1&row=0'))
    expect(last.info).toMatchObject({ width: (WIDTH >> 3) - 512, height: HEIGHT >> 3 })
  })

  test.each(['level=5&column=0&row=0', 'level=0&column=10&row=0', 'level=-1&column=0&row=0', 'level=0&column=0'])(
    'a tile that is not there is refused in words: %s',
    async (query) => {
      const response = await get(`/picture/tile?filename=large.png&${query}`)
      expect(response.status).toBe(400)
      expect(((await response.json()) as { error: { message: string } }).error.message).not.toContain(host.data)
    },
  )

  test('colours beyond sRGB keep their profile, so that a wide screen shows them', async () => {
    const response = await get('/view?filename=wide.png&size=32')
    const picture = await sharp(Buffer.from(await response.arrayBuffer())).metadata()
    expect([picture.width, picture.depth, picture.icc !== undefined]).toEqual([32, 'uchar', true])
  })
})

describe('pyramids on the disk', () => {
  const folder = join(tmpdir(), `gendr-pyramids-${process.pid}`)
  const source = join(folder, 'source.png')
  const kept = join(folder, 'kept')
  beforeAll(async () => {
    await mkdir(folder, { recursive: true })
    await writeFile(source, 'one')
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('are written once, however many ask, and again when the picture has changed', async () => {
    let written = 0
    const write = async (file: string) => {
      written++
      await writeFile(file, 'pyramid')
    }
    const [a, b] = await Promise.all([pyramidOf(source, kept, write), pyramidOf(source, kept, write)])
    expect([a === b, await pyramidOf(source, kept, write), written]).toEqual([true, a, 1])
    await writeFile(source, 'another')
    expect(await pyramidOf(source, kept, write)).not.toBe(a)
    expect(written).toBe(2)
  })

  test('the least recently used go when there is no room; a failed one leaves nothing', async () => {
    const old = new Date(Date.now() - 60_000)
    for (const name of await readdir(kept)) await utimes(join(kept, name), old, old)
    await writeFile(source, 'third')
    const newest = await pyramidOf(source, kept, (file) => writeFile(file, Buffer.alloc(100)), 100)
    expect((await readdir(kept)).map((name) => join(kept, name))).toEqual([newest])
    await writeFile(source, 'fourth one')
    await expect(pyramidOf(source, kept, () => Promise.reject(new Error('full')))).rejects.toThrow('full')
    expect(await readdir(kept)).toHaveLength(1)
  })

  test('have as many levels as it takes to fit into a tile', () => {
    expect([levelsOf(512, 512), levelsOf(513, 2), levelsOf(2049, 9), levelsOf(10000, 10000)]).toEqual([1, 2, 3, 6])
  })
})
