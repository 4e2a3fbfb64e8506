import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { chainGraph, restoreGraph } from './graphs.ts'
import { post, root, runPrompt, savedImage, upload } from './host.ts'
import { host, onHost } from './stage.ts'

onHost()

async function pixels(bytes: Buffer | string): Promise<Pixels> {
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
    // What differs in the last bit of a float may be one step apart in eight bits, which here and there becomes some levels.
    expect(largestDifference(single.data, chain.data)).toBeLessThanOrEqual(5)
    expect(meanDifference(single.data, chain.data)).toBeLessThan(0.35)
  })

  test('no seam is measurable on a restored photograph', async () => {
    await upload(host, 'seams.jpg', await readFile(join(root, 'workflows/photographs/old-photograph.jpg')))
    const ratio = async (tileSize: number) => {
      const graph = restoreGraph('seams.jpg', { tileSize, overlap: 64 })
      const { across, inside } = steps(
        await pixels(await savedImage(host, await runPrompt(host, graph), 'save')),
        256,
        64,
      )
      return across / inside
    }
    // Beside the same lines of the picture restored in one tile, where they are no borders.
    const seams = (await ratio(256)) / (await ratio(2048))
    // Where two tiles are mixed, detail that they disagree on is a little softer.
    expect(seams).toBeGreaterThan(0.94)
    expect(seams).toBeLessThan(1.05)
  })

  test('a flat grey field stays flat across tiles', async () => {
    const grey = sharp({ create: { width: 190, height: 150, channels: 3, background: { r: 128, g: 128, b: 128 } } })
    await upload(host, 'grey.png', await grey.png().toBuffer())
    const graph = restoreGraph('grey.png', { tileSize: 256, overlap: 64 })
    const image = await pixels(await savedImage(host, await runPrompt(host, graph), 'save'))
    const { across, inside } = steps(image, 256, 64)
    expect(Math.abs(across - inside)).toBeLessThanOrEqual(Math.max(0.05 * inside, 0.02))
    const mean = image.data.reduce((sum, value) => sum + value, 0) / image.data.length
    expect(Math.abs(mean - 128)).toBeLessThanOrEqual(1)
  })

  test('one call waits and brings the picture along', async () => {
    await upload(host, 'waited.png', await oddPhotograph())
    const { status, body } = await post(host, '/api/runs?wait=60&inline=true', {
      prompt: restoreGraph('waited.png', { prefix: 'waited' }),
    })
    const { outputs } = body as { outputs: { node: string; url: string; format: string; data: string }[] }
    expect(status).toBe(200)
    expect(outputs).toMatchObject([{ node: 'save', format: 'image/png', filename: 'waited_00001_.png' }])
    const fetched = Buffer.from(await (await fetch(host.url + outputs[0]!.url)).arrayBuffer())
    expect(fetched.equals(Buffer.from(outputs[0]!.data, 'base64'))).toBe(true)
    expect((await sharp(fetched).metadata()).format).toBe('png')
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

function meanDifference(a: Buffer, b: Buffer): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!)
  return sum / a.length
}

interface Pixels {
  readonly data: Buffer
  readonly width: number
  readonly height: number
  readonly channels: number
}

/**
 * Mean absolute difference between neighbouring samples across the edges of tiles, and on the 12 lines to each side of
 * every edge, so that both are taken from the same parts of the picture.
 */
function steps(image: Pixels, tile: number, overlap: number): { across: number; inside: number } {
  const { width, height, channels } = image
  const sums = { across: 0, inside: 0 }
  const counts = { across: 0, inside: 0 }
  const measure = (kind: 'across' | 'inside', position: number, axis: 'x' | 'y') => {
    const length = axis === 'x' ? height : width
    for (let along = 0; along < length; along++) {
      const at = (axis === 'x' ? along * width + position : position * width + along) * channels
      const before = at - (axis === 'x' ? 1 : width) * channels
      for (let c = 0; c < channels; c++) sums[kind] += Math.abs(image.data[at + c]! - image.data[before + c]!)
      counts[kind] += channels
    }
  }
  for (const [axis, length] of [
    ['x', width],
    ['y', height],
  ] as const) {
    const edges = tileEdges(length, tile, overlap)
    expect(edges.length).toBeGreaterThan(1)
    for (const edge of edges) {
      measure('across', edge, axis)
      for (let away = 1; away <= 12; away++) {
        for (const beside of [edge - away, edge + away]) if (!edges.includes(beside)) measure('inside', beside, axis)
      }
    }
  }
  return { across: sums.across / counts.across, inside: sums.inside / counts.inside }
}

/** Where tiles start and end, by the rule in nodes/sdk/tile-spans.ts written out once more. */
function tileEdges(length: number, tile: number, overlap: number): number[] {
  const count = Math.ceil((length - overlap) / (tile - overlap))
  const edges = new Set<number>()
  for (let i = 0; i < count; i++) {
    const ideal = (i * (length - tile)) / (8 * (count - 1))
    const start = 8 * (i === count - 1 ? Math.ceil(ideal) : Math.floor(ideal))
    if (start > 0) edges.add(start)
    if (start + tile < length) edges.add(start + tile)
  }
  return [...edges]
}
