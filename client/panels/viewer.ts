import type { ShownPictures } from '../canvas/scene.ts'
import { element, icon } from './element.ts'

const STEP = 2
const FAR_STEP = 10
const LARGEST_ZOOM = 16

/**
 * Looks at pictures large: one, several, or two under a slider. Beside the graph, or over the whole page. Pictures are
 * zoomed with the wheel and moved by dragging; both sides of a comparison always show the same place.
 */
export class Viewer {
  readonly #root: HTMLElement
  readonly #title = element('span', { class: 'viewer-title' })
  readonly #strip = element('div', { class: 'viewer-strip' })
  readonly #frame = element('div', { class: 'viewer-frame', testid: 'viewer-frame' })
  readonly #after = element('img', {
    class: 'viewer-picture',
    alt: 'After',
    draggable: 'false',
    testid: 'viewer-after',
  })
  readonly #before = element('img', {
    class: 'viewer-picture',
    alt: 'Before',
    draggable: 'false',
    testid: 'viewer-before',
  })
  readonly #clip = element('div', { class: 'viewer-clip' }, this.#before)
  readonly #divider = element('div', {
    class: 'viewer-divider',
    role: 'slider',
    tabindex: '0',
    testid: 'compare-slider',
    'aria-label': 'Before and after',
    'aria-valuemin': '0',
    'aria-valuemax': '100',
    'aria-orientation': 'horizontal',
  })
  readonly #labels = element(
    'div',
    { class: 'viewer-labels' },
    element('span', {}, 'Before'),
    element('span', {}, 'After'),
  )
  readonly #size = element('span', { class: 'viewer-size', testid: 'viewer-size' })
  readonly #zoomButton = element('button', {
    type: 'button',
    class: 'button button-quiet',
    testid: 'viewer-zoom',
    title: 'Fit the window, or one pixel to one pixel',
  })
  readonly #onResize: () => void
  /** Part of the frame that shows the first picture, 0..100. */
  #split = 50
  /** Undefined: fitted into the frame. */
  #zoom: number | undefined
  #center: readonly [number, number] = [0.5, 0.5]

  constructor(parent: HTMLElement, onResize: () => void) {
    this.#onResize = onResize
    const large = element(
      'button',
      {
        type: 'button',
        class: 'button button-quiet',
        testid: 'viewer-large',
        'aria-label': 'Large',
        title: 'Over the whole page',
      },
      icon('M9.5 2.5h4v4M6.5 13.5h-4v-4M13.5 2.5l-5 5M2.5 13.5l5-5'),
    )
    const close = element(
      'button',
      {
        type: 'button',
        class: 'button button-quiet',
        testid: 'viewer-close',
        'aria-label': 'Close',
        title: 'Close (Esc)',
      },
      icon('M4 4l8 8M12 4l-8 8'),
    )
    this.#frame.append(this.#after, this.#clip, this.#labels, this.#divider)
    this.#root = element(
      'section',
      { class: 'viewer', testid: 'viewer', 'aria-label': 'Pictures', hidden: true },
      element(
        'header',
        { class: 'viewer-head' },
        this.#title,
        this.#size,
        element('span', { class: 'spacer' }),
        this.#zoomButton,
        large,
        close,
      ),
      this.#frame,
      this.#strip,
    )
    parent.append(this.#root)
    close.addEventListener('click', () => this.close())
    large.addEventListener('click', () => {
      this.#root.classList.toggle('viewer-whole')
      this.#onResize()
    })
    this.#zoomButton.addEventListener('click', () =>
      this.#setZoom(this.#zoom === undefined ? 1 / devicePixelRatio : undefined),
    )
    this.#divider.addEventListener('keydown', (event) => this.#key(event))
    this.#frame.addEventListener('pointerdown', (event) => this.#press(event))
    this.#frame.addEventListener('dblclick', () =>
      this.#setZoom(this.#zoom === undefined ? 1 / devicePixelRatio : undefined),
    )
    this.#frame.addEventListener('wheel', (event) => this.#wheel(event), { passive: false })
    for (const picture of [this.#after, this.#before]) picture.addEventListener('load', () => this.#arrange())
    new ResizeObserver(() => this.#arrange()).observe(this.#frame)
  }

  get isOpen(): boolean {
    return !this.#root.hidden
  }

  open(title: string, { pictures, compared }: ShownPictures): void {
    const first = compared?.after ?? pictures[0]
    if (first === undefined) return
    const wasOpen = this.isOpen
    this.#title.textContent = title
    this.#root.toggleAttribute('data-compare', compared !== undefined)
    this.#clip.hidden = compared === undefined
    this.#divider.hidden = compared === undefined
    this.#labels.hidden = compared === undefined
    if (compared !== undefined) this.#before.src = compared.before
    this.#after.src = first
    this.#after.alt = compared === undefined ? title : 'After'
    this.#fillStrip(compared === undefined ? pictures : [])
    this.#root.hidden = false
    if (!wasOpen) {
      this.#zoom = undefined
      this.#setSplit(50)
      this.#onResize()
    }
    this.#arrange()
    if (compared !== undefined) this.#divider.focus({ preventScroll: true })
  }

  close(): void {
    this.#root.hidden = true
    this.#root.classList.remove('viewer-whole')
    this.#onResize()
  }

  #fillStrip(pictures: readonly string[]): void {
    this.#strip.hidden = pictures.length < 2
    this.#strip.replaceChildren(
      ...(pictures.length < 2 ? [] : pictures).map((address, i) => {
        const choose = element(
          'button',
          { type: 'button', class: 'viewer-thumb', 'aria-label': `Picture ${i + 1}` },
          element('img', { src: address, alt: '' }),
        )
        choose.addEventListener('click', () => {
          this.#after.src = address
        })
        return choose
      }),
    )
  }

  /** Puts both pictures at the same place: `#center` of the picture in the middle of the frame. */
  #arrange(): void {
    const { naturalWidth, naturalHeight } = this.#after
    const { clientWidth, clientHeight } = this.#frame
    if (naturalWidth === 0 || clientWidth === 0) return
    const fitted = this.#fitted()
    const scale = this.#zoom ?? fitted
    const [width, height] = [naturalWidth * scale, naturalHeight * scale]
    const left =
      width <= clientWidth
        ? (clientWidth - width) / 2
        : clamp(clientWidth / 2 - this.#center[0] * width, clientWidth - width, 0)
    const top =
      height <= clientHeight
        ? (clientHeight - height) / 2
        : clamp(clientHeight / 2 - this.#center[1] * height, clientHeight - height, 0)
    for (const picture of [this.#after, this.#before]) {
      picture.style.width = `${width}px`
      picture.style.height = `${height}px`
      picture.style.transform = `translate(${left}px, ${top}px)`
      picture.classList.toggle('viewer-pixels', scale * devicePixelRatio >= 3)
    }
    this.#size.textContent = `${naturalWidth} × ${naturalHeight} · ${Math.round(scale * devicePixelRatio * 100)} %`
    this.#zoomButton.textContent = this.#zoom === undefined ? '1:1' : 'Fit'
    const [start, wide] = [Math.max(0, left), Math.min(clientWidth, width)]
    const at = start + (wide * this.#split) / 100
    this.#divider.style.transform = `translateX(${at}px)`
    this.#clip.style.clipPath = `inset(0 ${clientWidth - at}px 0 0)`
    this.#labels.style.left = `${start}px`
    this.#labels.style.width = `${wide}px`
    this.#labels.style.bottom = `${Math.max(0, clientHeight - top - height)}px`
  }

  #fitted(): number {
    const { naturalWidth, naturalHeight } = this.#after
    return Math.min(this.#frame.clientWidth / naturalWidth, this.#frame.clientHeight / naturalHeight)
  }

  #setSplit(split: number): void {
    this.#split = clamp(split, 0, 100)
    this.#divider.setAttribute('aria-valuenow', String(Math.round(this.#split)))
    this.#divider.setAttribute('aria-valuetext', `${Math.round(this.#split)} % before`)
    this.#arrange()
  }

  #setZoom(zoom: number | undefined): void {
    this.#zoom = zoom
    if (zoom === undefined) this.#center = [0.5, 0.5]
    this.#arrange()
  }

  #key(event: KeyboardEvent): void {
    const step = event.shiftKey ? FAR_STEP : STEP
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: this.#split - step,
      ArrowDown: this.#split - step,
      ArrowRight: this.#split + step,
      ArrowUp: this.#split + step,
      PageDown: this.#split - FAR_STEP,
      PageUp: this.#split + FAR_STEP,
      Home: 0,
      End: 100,
    }
    const split = moves[event.key]
    if (split === undefined) return
    event.preventDefault()
    this.#setSplit(split)
  }

  /** On the divider, or anywhere while the picture is fitted, a press moves the divider; else it moves the picture. */
  #press(event: PointerEvent): void {
    if (event.button !== 0) return
    const isDivider = event.target === this.#divider
    const splits = !this.#divider.hidden && (isDivider || this.#zoom === undefined)
    this.#frame.setPointerCapture(event.pointerId)
    const ended = new AbortController()
    const follow = (moved: PointerEvent) => {
      if (splits) this.#splitAt(moved.clientX)
      else this.#shift(moved.movementX, moved.movementY)
    }
    if (splits) follow(event)
    this.#frame.addEventListener('pointermove', follow, { signal: ended.signal })
    for (const end of ['pointerup', 'pointercancel'] as const) {
      this.#frame.addEventListener(end, () => ended.abort(), { signal: ended.signal })
    }
    if (!this.#divider.hidden) this.#divider.focus({ preventScroll: true })
    event.preventDefault()
  }

  #splitAt(x: number): void {
    const frame = this.#frame.getBoundingClientRect()
    const picture = this.#after.getBoundingClientRect()
    const [start, end] = [Math.max(frame.left, picture.left), Math.min(frame.right, picture.right)]
    if (end > start) this.#setSplit(((x - start) / (end - start)) * 100)
  }

  #shift(x: number, y: number): void {
    const { width, height } = this.#after.getBoundingClientRect()
    this.#center = [clamp(this.#center[0] - x / width, 0, 1), clamp(this.#center[1] - y / height, 0, 1)]
    this.#arrange()
  }

  /** Zooms about the pointer. */
  #wheel(event: WheelEvent): void {
    event.preventDefault()
    const old = this.#zoom ?? this.#fitted()
    const zoom = clamp(old * Math.exp(-event.deltaY * 0.002), this.#fitted(), LARGEST_ZOOM)
    const frame = this.#frame.getBoundingClientRect()
    const picture = this.#after.getBoundingClientRect()
    const at = [(event.clientX - picture.left) / picture.width, (event.clientY - picture.top) / picture.height] as const
    const [width, height] = [this.#after.naturalWidth * zoom, this.#after.naturalHeight * zoom]
    this.#center = [
      at[0] + (frame.left + frame.width / 2 - event.clientX) / width,
      at[1] + (frame.top + frame.height / 2 - event.clientY) / height,
    ]
    this.#setZoom(zoom <= this.#fitted() * 1.001 ? undefined : zoom)
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}
