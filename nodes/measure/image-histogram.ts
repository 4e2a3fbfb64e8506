import { z } from 'zod'
import { writePreviews } from '../pixels/preview.ts'
import { defineNode } from '../sdk/node.ts'
import { describeHistogram, drawHistogram, histogramOf } from './histogram.ts'

export const imageHistogram = defineNode({
  id: 'ImageHistogram',
  title: 'Histogram',
  summary: 'How often each level of R, G and B occurs, as a chart, and how much is clipped to black or white.',
  inputs: { image: { type: 'IMAGE' } },
  parameters: z.object({}),
  outputs: { histogram: { type: 'IMAGE', tooltip: 'The chart, 512 × 160.' } },
  outputNode: true,
  async run({ image }, _parameters, context) {
    const found = image.frames.map(histogramOf)
    const histogram = { frames: found.map(drawHistogram) }
    const images = await writePreviews(histogram, context, 'ComfyUI_temp_histogram')
    return { histogram, ui: { images, text: found.map(describeHistogram) } }
  },
})
