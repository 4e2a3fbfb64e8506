import type { ShownPictures } from '../canvas/scene.ts'
import { element, icon } from './element.ts'
import { COMPARE_MODES, type CompareMode, clamp, fittedScale, layoutPictures, type View } from './viewer-layout.ts'

const STEP = 2
const FAR_STEP = 10
const LARGEST_ZOOM = 16

const MODES: Readonly<Record<CompareMode, { readonly label: string; readonly title: string }>> = {
  slider: { label: 'Slider', title: 'Before and after under a slider' },
  sides: { label: 'Side by side', title: 'Both at the same place' },
  flip: { label: 'Flip', title: 'One in place of the other; Space or a click changes' },
  difference: { label: 'Difference', title: 'How far they differ, eight times as strong' },
}

/**
 * Looks at pictures large: one, several, or two compared. Beside the graph, or over the whole page. Pictures are zoomed
 * with the wheel and moved by dragging; both sides of a comparison always show the same place.
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
  readonly #clip = element('div', { class: 'viewer-clip viewer-clip-before' }, this.#before)
  readonly #afterClip = element('div', { class: 'viewer-clip' }, this.#after)
  readonly #layers = element('div', { class: 'viewer-layers', testid: 'viewer-layers' }, this.#afterClip, this.#clip)
  readonly #modes = element('div', { class: 'viewer-modes', role: 'group', 'aria-label': 'Compare' })
  readonly #pixel = element('span', { class: 'viewer-pixel', testid: 'viewer-pixel' })
  readonly #sample = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
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
  readonly #beforeLabel = element('span', {}, 'Before')
  readonly #afterLabel = element('span', {}, 'After')
  readonly #labels = element('div', { class: 'viewer-labels' }, this.#beforeLabel, this.#afterLabel)
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
  #mode: CompareMode = 'slider'

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
    this.#frame.append(this.#layers, this.#labels, this.#divider, this.#pixel)
    this.#modes.append(...COMPARE_MODES.map((mode) => this.#modeButton(mode)))
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
      this.#modes,
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
    this.#frame.addEventListener('pointermove', (event) => this.#readPixel(event))
    this.#frame.addEventListener('pointerleave', () => {
      this.#pixel.textContent = ''
    })
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
    this.#modes.hidden = compared === undefined
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

  #modeButton(mode: CompareMode): HTMLButtonElement {
    const { label, title } = MODES[mode]
    const choose = element(
      'button',
      { type: 'button', class: 'button button-quiet', title, testid: `compare-by-${mode}` },
      label,
    )
    choose.addEventListener('click', () => this.#compareBy(mode))
    return choose
  }

  #compareBy(mode: CompareMode): void {
    this.#mode = mode
    this.#setSplit(mode === 'flip' ? 100 : 50)
    if (mode === 'flip' || mode === 'slider') this.#divider.focus({ preventScroll: true })
  }

  get #isCompared(): boolean {
    return !this.#clip.hidden
  }

  get #view(): View {
    return {
      mode: this.#mode,
      isCompared: this.#isCompared,
      zoom: this.#zoom,
      center: this.#center,
      split: this.#split,
    }
  }

  get #sizes(): readonly [frame: { width: number; height: number }, picture: { width: number; height: number }] {
    const { clientWidth, clientHeight } = this.#frame
    const { naturalWidth, naturalHeight } = this.#after
    return [
      { width: clientWidth, height: clientHeight },
      { width: naturalWidth, height: naturalHeight },
    ]
  }

  #arrange(): void {
    const [frame, natural] = this.#sizes
    if (natural.width === 0 || frame.width === 0) return
    const view = this.#view
    const { scale, width, height, top, before, after, edge, start, wide } = layoutPictures(frame, natural, view)
    for (const [picture, left] of [
      [this.#before, before],
      [this.#after, after],
    ] as const) {
      picture.style.width = `${width}px`
      picture.style.height = `${height}px`
      picture.style.transform = `translate(${left}px, ${top}px)`
      picture.classList.toggle('viewer-pixels', scale * devicePixelRatio >= 3)
    }
    this.#root.dataset.mode = view.isCompared ? view.mode : 'single'
    this.#size.textContent = `${natural.width} × ${natural.height} · ${Math.round(scale * devicePixelRatio * 100)} %`
    this.#zoomButton.textContent = this.#zoom === undefined ? '1:1' : 'Fit'
    this.#divider.style.transform = `translateX(${edge}px)`
    this.#clip.style.clipPath = `inset(0 ${frame.width - edge}px 0 0)`
    this.#afterClip.style.clipPath = view.mode === 'sides' && view.isCompared ? `inset(0 0 0 ${edge}px)` : ''
    this.#arrangeLabels(view, Math.max(0, frame.height - top - height), start, wide)
    for (const button of this.#modes.querySelectorAll('button')) {
      button.setAttribute('aria-pressed', String(button.dataset.testid === `compare-by-${view.mode}`))
    }
  }

  #arrangeLabels({ mode, isCompared, split }: View, bottom: number, start: number, wide: number): void {
    this.#labels.hidden = !isCompared || mode === 'difference'
    this.#beforeLabel.hidden = mode === 'flip' && split < 50
    this.#afterLabel.hidden = mode === 'flip' && split >= 50
    this.#labels.style.left = `${start}px`
    this.#labels.style.width = `${mode === 'sides' ? this.#frame.clientWidth - 2 * start : wide}px`
    this.#labels.style.bottom = `${bottom}px`
  }

  #fitted(): number {
    return fittedScale(...this.#sizes, this.#view)
  }

  /** Shows where the pointer is and what the pictures have there, in 8 bits. */
  #readPixel({ clientX, clientY }: PointerEvent): void {
    const shown = this.#mode === 'sides' && this.#isCompared && clientX < this.#middle() ? this.#before : this.#after
    const box = shown.getBoundingClientRect()
    const x = Math.floor(((clientX - box.left) / box.width) * this.#after.naturalWidth)
    const y = Math.floor(((clientY - box.top) / box.height) * this.#after.naturalHeight)
    const isInside = x >= 0 && y >= 0 && x < this.#after.naturalWidth && y < this.#after.naturalHeight
    const pictures = this.#isCompared ? [this.#before, this.#after] : [this.#after]
    const values = pictures.map((picture) => this.#valueAt(picture, x, y))
    this.#pixel.textContent = isInside ? `${x}, ${y}   ${values.join(' → ')}` : ''
  }

  #middle(): number {
    const { left, width } = this.#frame.getBoundingClientRect()
    return left + width / 2
  }

  /** @param x in pixels of the second picture; the first may be of another size */
  #valueAt(picture: HTMLImageElement, x: number, y: number): string {
    if (this.#sample === null || !picture.complete || picture.naturalWidth === 0) return '–'
    const scale = picture.naturalWidth / this.#after.naturalWidth
    this.#sample.clearRect(0, 0, 1, 1)
    this.#sample.drawImage(picture, Math.floor(x * scale), Math.floor(y * scale), 1, 1, 0, 0, 1, 1)
    const [red, green, blue, alpha] = this.#sample.getImageData(0, 0, 1, 1).data
    return `${red} ${green} ${blue}${alpha === 255 ? '' : ` ${alpha}`}`
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
    if (this.#mode === 'flip') {
      if (event.key !== ' ' && !event.key.startsWith('Arrow')) return
      event.preventDefault()
      this.#flip()
      return
    }
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

  #flip(): void {
    this.#setSplit(this.#split < 50 ? 100 : 0)
  }

  /** On the divider, or anywhere while the picture is fitted, a press moves the divider; else it moves the picture. */
  #press(event: PointerEvent): void {
    if (event.button !== 0) return
    const isDivider = event.target === this.#divider
    const isSlider = this.#isCompared && this.#mode === 'slider'
    const splits = isSlider && (isDivider || this.#zoom === undefined)
    if (this.#isCompared && this.#mode === 'flip' && this.#zoom === undefined) this.#flip()
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
    if (this.#isCompared) this.#divider.focus({ preventScroll: true })
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
