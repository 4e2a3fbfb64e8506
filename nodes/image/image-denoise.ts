import { z } from 'zod'
import { hasAlpha } from '../pixels/channels.ts'
import { storing } from '../pixels/colours.ts'
import { fullScale } from '../pixels/samples.ts'
import { cropFrame } from '../pixels/tiles.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'
import { noiseLevel } from './noise-level.ts'
import { nonLocalMeans, type Search, searchFor } from './non-local-means.ts'

/** Pixels that are worked on at once; more need more memory and are no faster. */
const BAND = 1_000_000

/** Below this much noise nothing is worth a change. */
const LEAST = 0.2

export const imageDenoise = defineNode({
  id: 'ImageDenoise',
  title: 'Denoise',
  summary: 'Takes grain and sensor noise away by averaging patches that are alike (non-local means); edges stay.',
  aliases: ['remove noise', 'remove grain', 'noise reduction', 'noisy', 'grainy'],
  inputs: { image: { type: 'IMAGE' } },
  size: { of: 'image' },
  parameters: z.object({
    noise: z.number().min(0).max(100).default(0).meta({
      step: 0.5,
      tooltip: 'Standard deviation of the noise in levels of 255; 0 measures it. Film grain has about 5 to 15.',
    }),
    strength: z.number().min(0).max(3).default(1).meta({
      step: 0.05,
      tooltip: 'Times the noise: less leaves some, more smooths more.',
    }),
  }),
  outputs: { IMAGE: { type: 'IMAGE' } },
  async run({ image }, { noise, strength }, context) {
    const levels = await Promise.all(image.frames.map(async (frame) => noise || (await noiseLevel(frame))))
    context.say(levels.map((level) => `noise ${level.toFixed(1)} of 255`).join('\n'))
    const bands = image.frames.map((frame, i) => bandsOf(frame, searchFor(levels[i]! * strength, coloursOf(frame))))
    const steps = bands.reduce((sum, of) => sum + of.length, 0)
    let done = 0
    const frames = []
    for (const [i, frame] of image.frames.entries()) {
      const level = levels[i]! * strength
      const data = frame.data.slice()
      for (const band of level < LEAST ? [] : bands[i]!) {
        context.progress(done, steps)
        await denoiseBand(frame, band, level, data, () => context.signal.throwIfAborted())
        done++
      }
      frames.push({ ...frame, data })
    }
    context.progress(steps, steps)
    return { IMAGE: { frames } }
  },
})

/** Lines that are worked on together, and those around them that they are compared with. */
interface Band {
  readonly top: number
  readonly bottom: number
  readonly first: number
  readonly last: number
  readonly search: Search
}

function bandsOf({ width, height }: Frame, search: Search): readonly Band[] {
  const margin = search.reach + search.patch
  const lines = Math.max(4 * margin, Math.ceil(BAND / width))
  return Array.from({ length: Math.ceil(height / lines) }, (_, i) => {
    const [top, bottom] = [i * lines, Math.min(height, (i + 1) * lines)]
    return { top, bottom, first: Math.max(0, top - margin), last: Math.min(height, bottom + margin), search }
  })
}

async function denoiseBand(frame: Frame, band: Band, level: number, data: Frame['data'], between: () => void) {
  const { width, channels } = frame
  const part = cropFrame(frame, 0, band.first, width, band.last - band.first)
  const unit = 255 / fullScale(frame.data)
  const planes = Array.from({ length: coloursOf(frame) }, (_, channel) =>
    Float32Array.from({ length: width * part.height }, (_, i) => part.data[i * channels + channel]! * unit),
  )
  const clean = await nonLocalMeans({ width, height: part.height, planes }, level, band.search, between)
  const store = storing(data)
  const skipped = (band.top - band.first) * width
  for (const [channel, plane] of clean.entries()) {
    for (let i = band.top * width; i < band.bottom * width; i++)
      store(i * channels + channel, plane[i - band.top * width + skipped]! / 255)
  }
}

function coloursOf(frame: Frame): number {
  return hasAlpha(frame) ? frame.channels - 1 : frame.channels
}
