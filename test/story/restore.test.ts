import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chainGraph, restoreGraph } from './graphs.ts'
import { type Host, root, runPrompt, savedImage, startHost, upload } from './host.ts'

let host: Host

beforeAll(async () => {
  host = await startHost()
}, 180_000)
afterAll(() => host.stop())

async function pixels(
  bytes: Buffer | string,
): Promise<{ data: Buffer; width: number; height: number; channels: number }> {
  const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  return { data, width: info.width, height: info.height, channels: info.channels }
}

/** An odd-sized photograph whose restored picture needs 3 × 3 tiles of 256. */
async function oddPhotograph(): Promise<Buffer> {
  return sharp(join(root, 'workflows/photographs/old-photograph.jpg'))
    .extract({ left: 3, top: 5, width: 157, height: 151 })
    .png()
    .toBuffer()
}

describe('a photograph is restored', () => {
  test('the chain of nodes and the single node give the same picture', async () => {
    await upload(host, 'odd.png', await oddPhotograph())
    const settings = { scale: 4, tileSize: 256, overlap: 64 }
    const single = await pixels(
      await savedImage(host, await runPrompt(host, restoreGraph('odd.png', settings)), 'save'),
    )
    const chain = await pixels(await savedImage(host, await runPrompt(host, chainGraph('odd.png', settings)), 'save'))
    expect([single.width, single.height]).toEqual([157 * 4, 151 * 4])
    expect([chain.width, chain.height]).toEqual([157 * 4, 151 * 4])
    expect(largestDifference(single.data, chain.data)).toBeLessThanOrEqual(1)
  })

  test('no seam is measurable on a restored photograph', async () => {
    const bytes = await readFile(join(root, 'test/fixtures/photographs/picos-de-europa.lq.png'))
    await upload(host, 'seams.png', bytes)
    const graph = restoreGraph('seams.png', { tileSize: 256, overlap: 64 })
    const image = await pixels(await savedImage(host, await runPrompt(host, graph), 'save'))
    const borders = tileBorders(image.width, 256, 64)
    expect(borders.length).toBeGreaterThan(1)
    const ratio = meanStep(image, (x) => borders.includes(x)) / meanStep(image, (x) => !borders.includes(x))
    expect(ratio).toBeGreaterThan(0.95)
    expect(ratio).toBeLessThan(1.05)
  })

  test('a flat grey field stays flat across tiles', async () => {
    const grey = sharp({ create: { width: 190, height: 150, channels: 3, background: { r: 128, g: 128, b: 128 } } })
    await upload(host, 'grey.png', await grey.png().toBuffer())
    const graph = restoreGraph('grey.png', { tileSize: 256, overlap: 64 })
    const image = await pixels(await savedImage(host, await runPrompt(host, graph), 'save'))
    const borders = tileBorders(image.width, 256, 64)
    const inside = meanStep(image, (x) => !borders.includes(x))
    const across = meanStep(image, (x) => borders.includes(x))
    expect(Math.abs(across - inside)).toBeLessThanOrEqual(Math.max(0.05 * inside, 0.01))
    const mean = image.data.reduce((sum, value) => sum + value, 0) / image.data.length
    expect(Math.abs(mean - 128)).toBeLessThanOrEqual(1)
  })

  test('the saved picture carries the graph as ComfyUI writes it', async () => {
    await upload(host, 'odd.png', await oddPhotograph())
    const graph = restoreGraph('odd.png', { scale: 1, tileSize: 256 })
    const saved = await savedImage(host, await runPrompt(host, graph), 'save')
    const comments = (await sharp(saved).metadata()).comments ?? []
    const prompt = comments.find((comment) => comment.keyword === 'prompt')
    expect(JSON.parse(prompt?.text ?? '{}').restore.class_type).toBe('GenDRRestore')
  })
})

function largestDifference(a: Buffer, b: Buffer): number {
  expect(a.length).toBe(b.length)
  let largest = 0
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!))
  return largest
}

/**
 * Columns where a tile starts or ends, from the rule that docs/nodes.md gives for TileSplit; written out here so that
 * the test does not believe the code that it tests.
 */
function tileBorders(length: number, tile: number, overlap: number): number[] {
  const count = Math.ceil((length - overlap) / (tile - overlap))
  const borders: number[] = []
  for (let i = 0; i < count; i++) {
    const start = 8 * Math.round((i * (length - tile)) / (8 * (count - 1)))
    if (start > 0) borders.push(start)
    if (start + tile < length) borders.push(start + tile)
  }
  return borders
}

/** Mean absolute difference between a chosen column and the one before it. */
function meanStep(
  image: { data: Buffer; width: number; height: number; channels: number },
  chosen: (x: number) => boolean,
): number {
  let sum = 0
  let count = 0
  for (let x = 1; x < image.width; x++) {
    if (!chosen(x)) continue
    for (let y = 0; y < image.height; y++) {
      for (let c = 0; c < image.channels; c++) {
        const at = (y * image.width + x) * image.channels + c
        sum += Math.abs(image.data[at]! - image.data[at - image.channels]!)
        count++
      }
    }
  }
  return sum / count
}
