/** What of a picture is shown: all of it, or one channel as grey. */
export const CHANNELS = ['all', 'red', 'green', 'blue', 'alpha', 'luma'] as const
export type Channel = (typeof CHANNELS)[number]

/** Rows of a colour matrix: what grey is made of, then the opacity (SVG, feColorMatrix). Luma is that of BT.709. */
const GREY: Readonly<Record<Exclude<Channel, 'all'>, string>> = {
  red: '1 0 0 0 0',
  green: '0 1 0 0 0',
  blue: '0 0 1 0 0',
  alpha: '0 0 0 1 0',
  luma: '0.2126 0.7152 0.0722 0 0',
}

const SVG = 'http://www.w3.org/2000/svg'

/** Puts the filters into the page that `data-channel` in viewer.css refers to. */
export function installChannelFilters(parent: HTMLElement): void {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('class', 'channel-filters')
  svg.setAttribute('aria-hidden', 'true')
  for (const [channel, row] of Object.entries(GREY)) {
    const filter = document.createElementNS(SVG, 'filter')
    filter.id = `channel-${channel}`
    // Values as they are stored, not as light.
    filter.setAttribute('color-interpolation-filters', 'sRGB')
    for (const [name, value] of Object.entries({ x: '0', y: '0', width: '1', height: '1' }))
      filter.setAttribute(name, value)
    const matrix = document.createElementNS(SVG, 'feColorMatrix')
    matrix.setAttribute('type', 'matrix')
    const opacity = channel === 'alpha' ? '0 0 0 0 1' : '0 0 0 1 0'
    matrix.setAttribute('values', `${row} ${row} ${row} ${opacity}`)
    filter.append(matrix)
    svg.append(filter)
  }
  parent.append(svg)
}
