import { element } from '../browser/element.ts'
import { STRINGS } from '../strings.ts'
import { addToHistogram, describeHistogram, type Histogram, histogramPath, peakOf } from './histogram.ts'

const SVG = 'http://www.w3.org/2000/svg'
const HEIGHT = 80
/** Pixels that are counted at most; of larger pictures every so many rows. */
const MOST_PIXELS = 2_000_000
const CHANNELS = ['luma', 'red', 'green', 'blue'] as const

/** The histogram of a picture, in a corner of the viewer. */
export class HistogramPanel {
  readonly root: HTMLElement
  readonly #svg = document.createElementNS(SVG, 'svg')
  readonly #mean = element('span', { testid: 'histogram-mean' })
  readonly #clipped = element('span', {})

  constructor() {
    this.#svg.setAttribute('viewBox', `0 0 255 ${HEIGHT}`)
    this.#svg.setAttribute('preserveAspectRatio', 'none')
    this.#svg.setAttribute('role', 'img')
    this.#svg.setAttribute('aria-label', STRINGS.viewer.histogram)
    this.root = element(
      'div',
      { class: 'histogram', testid: 'histogram', hidden: true },
      element('div', { class: 'histogram-words' }, this.#mean, this.#clipped),
    )
    this.root.prepend(this.#svg)
  }

  get isShown(): boolean {
    return !this.root.hidden
  }

  /** @param image undefined while it loads */
  show(image: HTMLImageElement | undefined): void {
    const histogram = image === undefined ? undefined : histogramOf(image)
    if (histogram === undefined) {
      this.#svg.replaceChildren()
      this.#mean.textContent = ''
      this.#clipped.textContent = ''
      return
    }
    const peak = peakOf(CHANNELS.map((channel) => histogram[channel]))
    this.#svg.replaceChildren(
      ...CHANNELS.map((channel) => {
        const path = document.createElementNS(SVG, 'path')
        path.setAttribute('class', `histogram-${channel}`)
        path.setAttribute('d', histogramPath(histogram[channel], peak, HEIGHT))
        return path
      }),
    )
    const { mean, dark, light } = describeHistogram(histogram)
    this.#mean.textContent = STRINGS.viewer.levels(mean)
    this.#clipped.textContent = STRINGS.viewer.clipped(percent(dark), percent(light))
  }
}

function percent(part: number): string {
  return `${(part * 100).toFixed(part < 0.1 ? 1 : 0)} %`
}

/** Counts whole rows, so that every value is one of the picture's own. */
function histogramOf(image: HTMLImageElement): Histogram | undefined {
  const { naturalWidth: width, naturalHeight: height } = image
  if (width === 0) return undefined
  const step = Math.max(1, Math.ceil((width * height) / MOST_PIXELS))
  const rows = step === 1 ? Math.max(1, Math.min(height, Math.floor(MOST_PIXELS / 8 / width))) : 1
  const context = new OffscreenCanvas(width, rows).getContext('2d', { willReadFrequently: true })
  if (context === null) return undefined
  let histogram: Histogram | undefined
  for (let top = 0; top < height; top += rows * step) {
    const taken = Math.min(rows, height - top)
    context.clearRect(0, 0, width, rows)
    context.drawImage(image, 0, top, width, taken, 0, 0, width, taken)
    histogram = addToHistogram(histogram, context.getImageData(0, 0, width, taken).data)
  }
  return histogram
}
