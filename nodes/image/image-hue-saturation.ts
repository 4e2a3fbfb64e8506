import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { storing } from '../pixels/colours.ts'
import { depthOf, fullScale, samplesOf } from '../pixels/samples.ts'
import type { RunContext } from '../sdk/context.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'
import { fromLinear, toLinear } from './linear-light.ts'
import { fromOklab, type Oklab, toOklab } from './oklab.ts'

const parameters = z.object({
  hue: z.number().min(-180).max(180).default(0).meta({ step: 1, tooltip: 'In degrees around the colour wheel.' }),
  saturation: z.number().min(-100).max(100).default(0).meta({
    step: 1,
    tooltip: 'In per cent: -100 is black and white, 100 doubles it.',
  }),
  lightness: z.number().min(-100).max(100).default(0).meta({
    step: 1,
    tooltip: 'In per cent: -100 is black, 100 is white.',
  }),
})

type Settings = z.output<typeof parameters>

/** In Oklab, where hue and saturation change and what was equally bright stays so (unlike in HSL). */
export const imageHueSaturation = defineNode({
  id: 'ImageHueSaturation',
  title: 'Hue & Saturation',
  summary: 'Turns the hue, and makes colours stronger or weaker without a change of their brightness.',
  aliases: ['black and white', 'greyscale', 'desaturate', 'vibrance'],
  inputs: { image: { type: 'IMAGE' } },
  size: { of: 'image' },
  parameters,
  outputs: { IMAGE: { type: 'IMAGE' } },
  async run({ image }, settings, context) {
    const { hue, saturation, lightness } = settings
    if (hue === 0 && saturation === 0 && lightness === 0) return { IMAGE: image }
    const frames = []
    for (const frame of image.frames) frames.push(frame.channels < 3 ? frame : await adjust(frame, settings, context))
    return { IMAGE: { frames } }
  },
})

async function adjust(frame: Frame, settings: Settings, { signal }: Pick<RunContext, 'signal'>): Promise<Frame> {
  const { width, height, channels, data: from } = frame
  const data = samplesOf(depthOf(from), from.length)
  const store = storing(data)
  const light = lightOf(from)
  const change = oklabChange(settings)
  const lab: Oklab = [0, 0, 0]
  const rgb: [number, number, number] = [0, 0, 0]
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += channels) {
      toOklab(light(from[at]!), light(from[at + 1]!), light(from[at + 2]!), lab)
      change(lab)
      fromOklab(lab, rgb)
      for (let c = 0; c < 3; c++) store(at + c, fromLinear(Math.min(1, Math.max(0, rgb[c]!))))
      if (channels === 4) data[at + 3] = from[at + 3]!
    }
    if (y % LINES === LINES - 1) {
      await setImmediate()
      signal.throwIfAborted()
    }
  }
  return { ...frame, data }
}

/** After so many lines others get a turn. */
const LINES = 128

function lightOf(samples: Frame['data']): (sample: number) => number {
  if (samples instanceof Float32Array) return toLinear
  const white = fullScale(samples)
  const table = Float64Array.from({ length: white + 1 }, (_, sample) => toLinear(sample / white))
  return (sample) => table[sample]!
}

function oklabChange({ hue, saturation, lightness }: Settings): (lab: Oklab) => void {
  const factor = 1 + saturation / 100
  const angle = (hue * Math.PI) / 180
  const [cos, sin] = [factor * Math.cos(angle), factor * Math.sin(angle)]
  const shift = lightness / 100
  return (lab) => {
    const [brightness, a, b] = lab
    const target = shift < 0 ? 0 : 1
    const rest = 1 - Math.abs(shift)
    lab[0] = target + (brightness - target) * rest
    lab[1] = (a * cos - b * sin) * rest
    lab[2] = (a * sin + b * cos) * rest
  }
}
