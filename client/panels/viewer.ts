import { element, icon, isField } from '../browser/element.ts'
import { keyOf } from '../browser/key-name.ts'
import { listenToTrackpad } from '../browser/trackpad.ts'
import type { FileReference } from '../host/address.ts'
import { downloadName, type PictureStore, pictureKey } from '../host/pictures.ts'
import { STRINGS } from '../strings.ts'
import { CHANNELS, type Channel, installChannelFilters } from './channels.ts'
import { openMenu } from './menu.ts'
import { carryPicture } from './picture-drag.ts'
import { PictureLayer, type PixelValue } from './picture-layer.ts'
import type { Anchor } from './popup.ts'
import { tabRound } from './tab-round.ts'
import { drawingEnds, toolFor } from './viewer-drawing.ts'
import { listenToGestures } from './viewer-gestures.ts'
import { HistogramPanel } from './viewer-histogram.ts'
import {
  type Box,
  COMPARE_MODES,
  type CompareMode,
  clamp,
  fitInside,
  isOverFirst,
  type Layout,
  layoutPictures,
  MIDDLE,
  modeFor,
  movedBy,
  pixelAt,
  type Size,
  splitAt,
  type View,
  zoomedAbout,
} from './viewer-layout.ts'
import { Loupe } from './viewer-loupe.ts'
import { TileGrid, type TileSettings } from './viewer-tile-grid.ts'
import type { Drawing, Point, ViewerTool } from './viewer-tool.ts'

const STEP = 2
const FAR_STEP = 10
const LARGEST_ZOOM = 32
/** Part of the frame that an arrow key moves the picture by. */
const PAN_STEP = 0.15
const ZOOM_STEP = 1.5
const WORDS = STRINGS.viewer

/** Pictures to look at; two of them may be compared. */
export interface ViewedPictures {
  readonly pictures: readonly FileReference[]
  readonly compared?: { readonly before: FileReference; readonly after: FileReference }
  /** What was saved of the one after, to be downloaded in its place. */
  readonly saved?: FileReference
  /** Shown beside what somebody does, who keeps the keys. */
  readonly isAside?: boolean
}

/** A tool that is in use. */
interface Session {
  readonly drawing: Drawing
  readonly tool: ViewerTool
  /** Shows what was open before, or was to be opened meanwhile. */
  resume: (() => void) | undefined
}

export interface ViewerParts {
  readonly store: PictureStore
  /** Asks the person for a picture; undefined where none was chosen. */
  choose(title: string, anchor: Anchor): Promise<FileReference | undefined>
  /** How the graph cuts pictures into tiles. */
  tiles(): TileSettings
  /** The viewer opened, closed or changed its width. */
  onResize(): void
}

/**
 * Looks at pictures large: one, several, or any two compared. Beside the graph, or over the whole page. Pictures are
 * zoomed with the wheel or two fingers and moved by dragging; both sides of a comparison always show the same place.
 */
export class Viewer {
  readonly #parts: ViewerParts
  readonly #root: HTMLElement
  readonly #after: PictureLayer
  readonly #before: PictureLayer
  readonly #loupe: Loupe
  readonly #histogram = new HistogramPanel()
  readonly #grid = new TileGrid()
  readonly #title = element('span', { class: 'viewer-title' })
  readonly #strip = element('div', { class: 'viewer-strip', testid: 'viewer-strip' })
  readonly #frame = element('div', {
    class: 'viewer-frame',
    testid: 'viewer-frame',
    tabindex: '0',
    role: 'group',
    'aria-label': WORDS.frame,
  })
  readonly #clip = element('div', { class: 'viewer-clip viewer-clip-before' })
  readonly #afterClip = element('div', { class: 'viewer-clip' })
  readonly #layers = element('div', { class: 'viewer-layers', testid: 'viewer-layers' }, this.#afterClip, this.#clip)
  readonly #modes = element('div', { class: 'viewer-modes', role: 'group', 'aria-label': WORDS.modes.group })
  readonly #pixel = element('span', { class: 'viewer-pixel', testid: 'viewer-pixel' })
  readonly #failure = element('p', { class: 'viewer-failure', testid: 'viewer-failure', hidden: true }, WORDS.failed)
  readonly #divider = element('div', {
    class: 'viewer-divider',
    role: 'slider',
    tabindex: '0',
    testid: 'compare-slider',
    'aria-label': WORDS.divider,
    'aria-valuemin': '0',
    'aria-valuemax': '100',
    'aria-orientation': 'horizontal',
  })
  readonly #beforeLabel = element('span', {}, WORDS.before)
  readonly #afterLabel = element('span', {}, WORDS.after)
  readonly #labels = element('div', { class: 'viewer-labels' }, this.#beforeLabel, this.#afterLabel)
  readonly #size = element('span', { class: 'viewer-size', testid: 'viewer-size' })
  readonly #zoomButton = quiet('viewer-zoom', WORDS.zoom, '1:1')
  readonly #beforeButton = quiet('viewer-compare', WORDS.chooseBefore, WORDS.compareWith)
  readonly #afterButton = quiet('viewer-choose-after', WORDS.chooseAfter, choiceOf(WORDS.after))
  readonly #swapButton = quiet('viewer-swap', WORDS.swap, icon('M4 5.5h8.5L10 3M12 10.5H3.5L6 13'))
  readonly #singleButton = quiet('viewer-single', WORDS.single, icon('M4 4l8 8M12 4l-8 8'))
  readonly #channelButton = quiet('viewer-channel', WORDS.channels.label, WORDS.channels.all)
  readonly #histogramButton = quiet('viewer-histogram', WORDS.histogramTitle, WORDS.histogram)
  readonly #gridButton = quiet('viewer-grid', WORDS.gridTitle, WORDS.grid)
  readonly #bar = element('div', { class: 'drawing-bar', testid: 'drawing-bar', hidden: true })
  readonly #download = element('a', {
    class: 'button button-quiet',
    testid: 'viewer-download',
    'aria-label': WORDS.download,
    title: WORDS.downloadTitle,
    draggable: 'true',
  })
  /** Part of the frame that shows the first picture, 0..100. */
  #split = 50
  /** Undefined: fitted into the frame. */
  #zoom: number | undefined
  #center: readonly [number, number] = MIDDLE
  /** How the person wants pictures compared; else as their shapes allow it. */
  #chosenMode: CompareMode | undefined
  /** What was asked to be seen last. */
  #opened: readonly [title: string, viewed: ViewedPictures] | undefined
  #session: Session | undefined
  /** Whether Space is held, with which a drag moves the picture and nothing on it. */
  #isMoving = false
  /** What had the keys before. */
  #focused: HTMLElement | undefined
  #channel: Channel = 'all'
  #counted: string | undefined
  #saved: { readonly of: string; readonly file: FileReference } | undefined

  constructor(parent: HTMLElement, parts: ViewerParts) {
    this.#parts = parts
    const { store } = parts
    this.#after = new PictureLayer(store, WORDS.after, 'viewer-after', () => this.#arrange())
    this.#before = new PictureLayer(store, WORDS.before, 'viewer-before', () => this.#arrange())
    this.#loupe = new Loupe(store)
    this.#afterClip.append(this.#after.root)
    this.#clip.append(this.#before.root)
    const large = quiet(
      'viewer-large',
      WORDS.largeTitle,
      icon('M9.5 2.5h4v4M6.5 13.5h-4v-4M13.5 2.5l-5 5M2.5 13.5l5-5'),
    )
    large.setAttribute('aria-label', WORDS.large)
    const close = quiet('viewer-close', WORDS.closeTitle, icon('M4 4l8 8M12 4l-8 8'))
    close.setAttribute('aria-label', STRINGS.close)
    for (const [button, name] of [
      [this.#swapButton, WORDS.swap],
      [this.#singleButton, WORDS.single],
    ] as const) {
      button.setAttribute('aria-label', name)
    }
    this.#download.append(icon('M8 2.5v7.5M4.5 7 8 10.5 11.5 7M2.5 13.5h11'))
    this.#frame.append(
      this.#layers,
      this.#grid.root,
      this.#labels,
      this.#divider,
      this.#loupe.root,
      this.#pixel,
      this.#grid.words,
      this.#histogram.root,
      this.#failure,
    )
    this.#modes.append(...COMPARE_MODES.map((mode) => this.#modeButton(mode)))
    this.#root = element(
      'section',
      { class: 'viewer', testid: 'viewer', 'aria-label': WORDS.region, hidden: true },
      element(
        'header',
        { class: 'viewer-head' },
        this.#title,
        this.#size,
        element('span', { class: 'spacer' }),
        this.#zoomButton,
        this.#download,
        large,
        close,
      ),
      element(
        'div',
        { class: 'viewer-tools' },
        this.#modes,
        this.#beforeButton,
        this.#swapButton,
        this.#afterButton,
        this.#singleButton,
        element('span', { class: 'spacer' }),
        this.#channelButton,
        this.#histogramButton,
        this.#gridButton,
      ),
      this.#bar,
      this.#frame,
      this.#strip,
    )
    parent.append(this.#root)
    installChannelFilters(this.#root)
    close.addEventListener('click', () => this.close())
    large.addEventListener('click', () => this.#toggleLarge())
    this.#zoomButton.addEventListener('click', () => this.#toggleZoom())
    this.#beforeButton.addEventListener('click', () => void this.#chooseBefore())
    this.#afterButton.addEventListener('click', () => void this.#chooseAfter())
    this.#swapButton.addEventListener('click', () => this.#swap())
    this.#singleButton.addEventListener('click', () => this.#compare(undefined, this.#after.file))
    this.#channelButton.addEventListener('click', () => this.#chooseChannel())
    this.#histogramButton.addEventListener('click', () => this.#toggleHistogram())
    this.#gridButton.addEventListener('click', () => this.#toggleGrid())
    this.#download.addEventListener('dragstart', (event) => {
      const file = this.#fileOf(this.#after.file)
      if (file !== undefined) carryPicture(event, file, store.original(file))
    })
    this.#divider.addEventListener('keydown', (event) => this.#divide(event))
    this.#root.addEventListener('keydown', (event) => this.#key(event))
    this.#root.addEventListener('keyup', ({ key }) => {
      if (key === ' ') this.#isMoving = false
    })
    this.#listen()
    new ResizeObserver(() => this.#arrange()).observe(this.#frame)
  }

  get isOpen(): boolean {
    return !this.#root.hidden
  }

  /** Whether something is set on a picture. */
  get isDrawing(): boolean {
    return this.#session !== undefined
  }

  /** Shows pictures; while something is set on one, as soon as that is done. */
  open(title: string, viewed: ViewedPictures): void {
    const { pictures, compared, saved, isAside = false } = viewed
    const first = compared?.after ?? pictures[0]
    if (first === undefined) return
    if (this.#session !== undefined) {
      this.#session.resume = () => this.open(title, viewed)
      return
    }
    this.#opened = [title, viewed]
    this.#saved = saved && { of: pictureKey(first), file: saved }
    const wasOpen = this.isOpen
    this.#title.textContent = title
    this.#fillStrip(compared === undefined ? pictures : [])
    this.#root.hidden = false
    if (!wasOpen) {
      this.#zoom = undefined
      this.#center = MIDDLE
      this.#setSplit(50)
      this.#parts.onResize()
    }
    this.#compare(compared?.before, first)
    this.#after.image.alt = compared === undefined ? title : WORDS.after
    // A run that ends takes the keys from nobody who types or chooses.
    const isBusy = isField(document.activeElement) || document.activeElement?.closest('.popup, dialog') != null
    if (!isAside && !isBusy) this.#takeKeys()
  }

  /** Keys go to the divider where there is one, else to the picture; when it closes, back to what had them. */
  #takeKeys(): void {
    const { activeElement } = document
    if (activeElement instanceof HTMLElement && !this.#root.contains(activeElement)) this.#focused = activeElement
    const isDivided = this.#isCompared && (this.#mode === 'slider' || this.#mode === 'flip')
    const target = isDivided ? this.#divider : this.#frame
    target.focus({ preventScroll: true })
  }

  /** Sets something on a picture, over the whole page; what was open comes back after that. */
  draw(drawing: Drawing): void {
    this.#leave()
    const resume = this.isOpen ? this.#reopening() : undefined
    this.open(drawing.title, { pictures: [drawing.picture] })
    const tool = toolFor(drawing, () => this.#arrange())
    this.#session = { drawing, tool, resume }
    this.#zoom = undefined
    this.#center = MIDDLE
    this.#isMoving = false
    this.#pixel.textContent = ''
    const ends = drawingEnds(
      drawing,
      () => this.#leave(),
      () => this.#accept(),
    )
    this.#bar.replaceChildren(...tool.fields, ends)
    this.#frame.append(tool.overlay)
    this.#frame.setAttribute('aria-label', tool.label)
    this.#showDrawing(true, drawing.title)
    this.#root.classList.add('viewer-whole')
    this.#parts.onResize()
    tool.takeKeys()
    this.#arrange()
  }

  #accept(): void {
    const session = this.#session
    const values = session?.tool.values
    this.#leave()
    if (values !== undefined) session?.drawing.accept(values)
  }

  /** Ends what is set on a picture, whatever was set. @returns whether anything was */
  #leave(): boolean {
    const session = this.#session
    if (session === undefined) return false
    const focused = this.#focused
    this.#session = undefined
    session.tool.overlay.remove()
    this.#frame.setAttribute('aria-label', WORDS.frame)
    this.#afterClip.style.transform = ''
    this.#showDrawing(false, WORDS.region)
    this.#root.classList.remove('viewer-whole')
    if (session.resume === undefined) this.close()
    else {
      session.resume()
      focused?.focus({ preventScroll: true })
    }
    this.#parts.onResize()
    return true
  }

  #showDrawing(isShown: boolean, label: string): void {
    this.#root.setAttribute('aria-label', label)
    this.#root.toggleAttribute('data-drawing', isShown)
    this.#bar.hidden = !isShown
    // It has the page to itself, and the keys wherever a press falls.
    for (const [name, value] of Object.entries({ role: 'dialog', 'aria-modal': 'true', tabindex: '-1' })) {
      if (isShown) this.#root.setAttribute(name, value)
      else this.#root.removeAttribute(name)
    }
  }

  /** What brings back what is open now, as it is. */
  #reopening(): () => void {
    const opened = this.#opened
    const [before, after] = [this.#isCompared ? this.#before.file : undefined, this.#after.file]
    const view = this.#view
    const isLarge = this.#root.classList.contains('viewer-whole')
    return () => {
      if (opened !== undefined) this.open(opened[0], { ...opened[1], isAside: true })
      this.#root.classList.toggle('viewer-whole', isLarge)
      this.#compare(before, after)
      this.#look(view)
    }
  }

  close(): void {
    if (this.#leave()) return
    if (this.#root.contains(document.activeElement)) this.#focused?.focus({ preventScroll: true })
    this.#focused = undefined
    this.#root.hidden = true
    this.#root.classList.remove('viewer-whole')
    this.#parts.onResize()
  }

  /** Makes one that takes the whole page small again. @returns whether it did */
  shrink(): boolean {
    if (this.#leave()) return true
    const wasLarge = this.isOpen && this.#root.classList.contains('viewer-whole')
    if (wasLarge) this.#toggleLarge()
    return wasLarge
  }

  #toggleLarge(): void {
    this.#root.classList.toggle('viewer-whole')
    this.#parts.onResize()
  }

  #compare(before: FileReference | undefined, after: FileReference | undefined): void {
    this.#root.toggleAttribute('data-compare', before !== undefined)
    this.#clip.hidden = before === undefined
    this.#modes.hidden = before === undefined
    this.#swapButton.hidden = before === undefined
    this.#singleButton.hidden = before === undefined
    this.#afterButton.hidden = before === undefined
    this.#beforeButton.textContent = before === undefined ? WORDS.compareWith : choiceOf(WORDS.before)
    this.#beforeButton.title = before?.filename ?? WORDS.chooseBefore
    this.#afterButton.title = after?.filename ?? WORDS.chooseAfter
    this.#loupe.hide()
    this.#loupe.show(before, after)
    void this.#before.show(before)
    void this.#after.show(after)
    const file = this.#fileOf(after)
    if (file !== undefined) {
      this.#download.href = this.#parts.store.original(file)
      this.#download.download = downloadName(file, this.#title.textContent)
    }
    this.#arrange()
  }

  /** What a picture is downloaded as: the saved one carries its workflow, and a name. */
  #fileOf(picture: FileReference | undefined): FileReference | undefined {
    return picture !== undefined && pictureKey(picture) === this.#saved?.of ? this.#saved.file : picture
  }

  #swap(): void {
    this.#compare(this.#after.file, this.#before.file)
  }

  async #chooseBefore(): Promise<void> {
    const chosen = await this.#parts.choose(WORDS.chooseBefore, below(this.#beforeButton))
    if (chosen !== undefined) this.#compare(chosen, this.#after.file)
  }

  async #chooseAfter(): Promise<void> {
    const chosen = await this.#parts.choose(WORDS.chooseAfter, below(this.#afterButton))
    if (chosen !== undefined) this.#compare(this.#before.file, chosen)
  }

  #fillStrip(pictures: readonly FileReference[]): void {
    this.#strip.hidden = pictures.length < 2
    this.#strip.replaceChildren(
      ...(pictures.length < 2 ? [] : pictures).map((file, i) => {
        const picture = element('img', { src: this.#parts.store.reduced(file, 256), alt: '', loading: 'lazy' })
        const choose = element(
          'button',
          { type: 'button', class: 'viewer-thumb', 'aria-label': WORDS.thumb(i + 1) },
          picture,
        )
        choose.addEventListener('click', () => this.#compare(this.#before.file, file))
        choose.addEventListener('dragstart', (event) => carryPicture(event, file, this.#parts.store.original(file)))
        return choose
      }),
    )
  }

  #modeButton(mode: CompareMode): HTMLButtonElement {
    const { label, title } = WORDS.modes[mode]
    const choose = quiet(`compare-by-${mode}`, title, label)
    choose.addEventListener('click', () => this.#compareBy(mode))
    return choose
  }

  #compareBy(mode: CompareMode): void {
    this.#chosenMode = mode
    this.#loupe.hide()
    this.#setSplit(mode === 'flip' ? 100 : 50)
    if (mode === 'flip' || mode === 'slider') this.#takeKeys()
  }

  #chooseChannel(): void {
    const items = CHANNELS.map((channel) => ({
      label: WORDS.channels[channel],
      checked: channel === this.#channel,
      testid: `channel-${channel}`,
      act: () => {
        this.#channel = channel
        this.#root.dataset.channel = channel
        this.#channelButton.textContent = WORDS.channels[channel]
        this.#channelButton.setAttribute('aria-pressed', String(channel !== 'all'))
      },
    }))
    openMenu(WORDS.channels.label, items, below(this.#channelButton))
  }

  #toggleHistogram(): void {
    this.#histogram.root.hidden = this.#histogram.isShown
    this.#counted = undefined
    this.#arrange()
  }

  #toggleGrid(): void {
    this.#grid.show(!this.#grid.isShown)
    this.#arrange()
  }

  get #isCompared(): boolean {
    return !this.#clip.hidden
  }

  get #mode(): CompareMode {
    return this.#chosenMode ?? modeFor(this.#before.size, this.#after.size)
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

  get #layout(): Layout {
    return layoutPictures(this.#frameSize, this.#extent, this.#view)
  }

  /** How large what is to be seen is, in pixels of the picture: a tool may need more than the picture. */
  get #extent(): Size {
    return this.#session?.tool.extent(this.#after.size) ?? this.#after.size
  }

  get #frameSize(): Size {
    return { width: this.#frame.clientWidth, height: this.#frame.clientHeight }
  }

  #arrange(): void {
    const frame = this.#frameSize
    const natural = this.#after.size
    this.#failure.hidden = !this.#after.failed && !(this.#isCompared && this.#before.failed)
    this.#histogramButton.setAttribute('aria-pressed', String(this.#histogram.isShown))
    this.#gridButton.setAttribute('aria-pressed', String(this.#grid.isShown))
    if (natural.width === 0 || frame.width === 0) return
    const view = this.#view
    const { scale, width, height, top, before, after, edge, start, wide } = this.#layout
    const afterBox: Box =
      this.#session === undefined ? { left: after, top, width, height } : this.#placeTool(this.#session)
    const place: Box = { ...afterBox, left: before }
    const beforeBox = fitInside(place, this.#before.size)
    this.#before.place(beforeBox, frame)
    this.#after.place(afterBox, frame, this.#session?.tool.turn)
    this.#grid.place(afterBox, natural, this.#parts.tiles())
    const isDividerLost = view.mode !== 'slider' && view.mode !== 'flip' && document.activeElement === this.#divider
    if (isDividerLost) this.#takeKeys()
    this.#root.dataset.mode = view.isCompared ? view.mode : 'single'
    this.#size.textContent = this.#facts(scale)
    this.#zoomButton.textContent = this.#zoom === undefined ? '1:1' : WORDS.fit
    this.#divider.style.transform = `translateX(${edge}px)`
    this.#clip.style.clipPath = `inset(0 ${frame.width - edge}px 0 0)`
    // A first picture of another shape leaves some of the second uncovered.
    const isCut = view.mode === 'sides' || (beforeBox !== place && (view.mode === 'slider' || view.mode === 'flip'))
    this.#afterClip.style.clipPath = isCut && view.isCompared ? `inset(0 0 0 ${edge}px)` : ''
    this.#arrangeLabels(view, Math.max(0, frame.height - top - height), start, wide)
    for (const button of this.#modes.querySelectorAll('button')) {
      button.setAttribute('aria-pressed', String(button.dataset.testid === `compare-by-${view.mode}`))
    }
    this.#count()
  }

  /** @returns where the picture is, before it is turned */
  #placeTool({ tool }: Session): Box {
    const { size: picture } = this.#after
    const { scale, width, height, top, after: left } = this.#layout
    const { style } = this.#afterClip
    style.transformOrigin = `${left + width / 2}px ${top + height / 2}px`
    style.transform = tool.turn === 0 ? '' : `rotate(${tool.turn}deg)`
    tool.place({ left, top, scale, picture })
    const [across, down] = [picture.width * scale, picture.height * scale]
    return { left: left + (width - across) / 2, top: top + (height - down) / 2, width: across, height: down }
  }

  #facts(scale: number): string {
    const { width, height, bits = 8 } = this.#after.facts ?? { width: 0, height: 0 }
    const deep = bits > 8 ? ` · ${WORDS.bits(bits)}` : ''
    return `${width} × ${height} · ${Math.round(scale * devicePixelRatio * 100)} %${deep}`
  }

  /** Counting takes a while, so only what is seen is counted, and once. */
  #count(): void {
    const image = this.#after.loaded
    if (!this.#histogram.isShown || image?.src === this.#counted) return
    this.#counted = image?.src
    this.#histogram.show(image)
  }

  #arrangeLabels({ mode, isCompared, split }: View, bottom: number, start: number, wide: number): void {
    this.#labels.hidden = !isCompared || mode === 'difference' || mode === 'loupe'
    this.#beforeLabel.hidden = mode === 'flip' && split < 50
    this.#afterLabel.hidden = mode === 'flip' && split >= 50
    this.#labels.style.left = `${start}px`
    this.#labels.style.width = `${mode === 'sides' ? this.#frame.clientWidth - 2 * start : wide}px`
    this.#labels.style.bottom = `${bottom}px`
  }

  /** Shows where the pointer is and what the pictures have there, in 8 bits. */
  #point({ clientX, clientY }: PointerEvent): void {
    const { width, height } = this.#after.size
    if (width === 0 || this.#session !== undefined) return
    const { left } = this.#frame.getBoundingClientRect()
    const box = this.#placeOf(isOverFirst(this.#frameSize, this.#view, clientX - left))
    const at = [(clientX - box.left) / box.width, (clientY - box.top) / box.height] as const
    const x = Math.floor(at[0] * width)
    const y = Math.floor(at[1] * height)
    const isInside = x >= 0 && y >= 0 && x < width && y < height
    const layers = this.#isCompared ? [this.#before, this.#after] : [this.#after]
    // The first may be of another size.
    const values = layers.map((layer) => say(layer.valueAt(...pixelAt(at, box, layer.size))))
    this.#pixel.textContent = isInside ? `${x}, ${y}   ${values.join(' → ')}` : ''
    const isLoupe = this.#isCompared && this.#mode === 'loupe' && isInside
    if (!isLoupe) {
      this.#loupe.hide()
      return
    }
    const frame = this.#frame.getBoundingClientRect()
    this.#loupe.lookAt([clientX - frame.left, clientY - frame.top], at, box.width)
  }

  /** Where the second picture is on the page, or the first would be if it had the same shape. */
  #placeOf(isFirst: boolean): Box {
    const { left, top } = this.#frame.getBoundingClientRect()
    const { before, after, width, height, ...layout } = this.#layout
    return { left: left + (isFirst ? before : after), top: top + layout.top, width, height }
  }

  #setSplit(split: number): void {
    this.#split = clamp(split, 0, 100)
    this.#divider.setAttribute('aria-valuenow', String(Math.round(this.#split)))
    this.#divider.setAttribute('aria-valuetext', WORDS.split(Math.round(this.#split)))
    this.#arrange()
  }

  #setZoom(zoom: number | undefined): void {
    this.#zoom = zoom
    if (zoom === undefined) this.#center = MIDDLE
    this.#arrange()
  }

  #toggleZoom(): void {
    this.#setZoom(this.#zoom === undefined ? 1 / devicePixelRatio : undefined)
  }

  /** The keys of the divider: left and right in small steps, and flipping where pictures are flipped. */
  #divide(event: KeyboardEvent): void {
    if (this.#mode === 'flip') {
      if (event.key !== ' ' && !event.key.startsWith('Arrow')) return
      taken(event)
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
    if (split === undefined || this.#mode !== 'slider') return
    taken(event)
    this.#setSplit(split)
  }

  #key(event: KeyboardEvent): void {
    if (event.defaultPrevented) return
    if (this.#session !== undefined && this.#drawingKey(event, this.#session.tool)) return
    if (event.ctrlKey || event.metaKey || event.altKey || isField(event.target)) return
    const { width, height } = this.#frameSize
    const keys: Readonly<Record<string, () => void>> = {
      '+': () => this.#zoomBy(ZOOM_STEP),
      '=': () => this.#zoomBy(ZOOM_STEP),
      '-': () => this.#zoomBy(1 / ZOOM_STEP),
      '0': () => this.#setZoom(undefined),
      '1': () => this.#setZoom(1 / devicePixelRatio),
      ...(this.#session === undefined && { h: () => this.#toggleHistogram(), g: () => this.#toggleGrid() }),
      ArrowLeft: () => this.#shift(width * PAN_STEP, 0),
      ArrowRight: () => this.#shift(-width * PAN_STEP, 0),
      ArrowUp: () => this.#shift(0, height * PAN_STEP),
      ArrowDown: () => this.#shift(0, -height * PAN_STEP),
    }
    const act = keys[keyOf(event)]
    if (act === undefined) return
    taken(event)
    act()
  }

  /** @returns whether the key is used up */
  #drawingKey(event: KeyboardEvent, tool: ViewerTool): boolean {
    const { key, target, altKey } = event
    if (event.ctrlKey || event.metaKey || altKey) return true
    const isButton = target instanceof HTMLElement && target.closest('.drawing-bar button, .viewer-head') !== null
    if (key === 'Escape') this.#leave()
    else if (key === 'Enter' && !isButton) this.#accept()
    else if (key === ' ' && !isButton && !isField(target)) this.#isMoving = true
    else if (!tabRound(this.#root, event) && (isField(target) || !tool.key(event))) return false
    event.preventDefault()
    return true
  }

  #flip(): void {
    this.#setSplit(this.#split < 50 ? 100 : 0)
  }

  /** On the divider, or anywhere while the picture is fitted, a press moves the divider; else it moves the picture. */
  #listen(): void {
    let splits = false
    /** The tool that has hold of something. */
    let tool: ViewerTool | undefined
    listenToGestures(this.#frame, {
      press: (event) => {
        splits = false
        const canDraw = event.button === 0 && !this.#isMoving && this.#after.size.width > 0
        tool = canDraw ? this.#session?.tool : undefined
        if (tool?.press(this.#onPicture(event), event.target) === false) tool = undefined
        if (this.#session !== undefined || event.button !== 0) return
        const isSlider = this.#isCompared && this.#mode === 'slider'
        splits = isSlider && (event.target === this.#divider || this.#zoom === undefined)
        if (this.#isCompared && this.#mode === 'flip' && this.#zoom === undefined) this.#flip()
        if (splits) this.#splitAt(event.clientX)
        this.#takeKeys()
      },
      drag: (event, x, y) => {
        if (splits) this.#splitAt(event.clientX)
        else if (tool !== undefined) tool.drag(this.#onPicture(event))
        else this.#shift(x, y)
      },
      release: () => tool?.release(),
      pinch: (middle, x, y, factor) => {
        tool?.abandon()
        this.#shift(x, y)
        this.#zoomAbout(middle[0], middle[1], factor)
      },
    })
    listenToTrackpad(this.#frame, (factor, x, y) => this.#zoomAbout(x, y, factor))
    this.#frame.addEventListener('dblclick', () => {
      if (this.#session === undefined) this.#toggleZoom()
    })
    this.#frame.addEventListener('pointermove', (event) => this.#point(event))
    this.#frame.addEventListener('pointerleave', () => {
      this.#pixel.textContent = ''
      this.#loupe.hide()
    })
    this.#frame.addEventListener(
      'wheel',
      (event) => {
        event.preventDefault()
        this.#zoomAbout(event.clientX, event.clientY, Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)))
        this.#point(event as unknown as PointerEvent)
      },
      { passive: false },
    )
  }

  /** Where a pointer is, in pixels of the picture, from the corner of what a tool sees. */
  #onPicture({ clientX, clientY }: PointerEvent): Point {
    const { left, top } = this.#frame.getBoundingClientRect()
    const layout = this.#layout
    return [(clientX - left - layout.after) / layout.scale, (clientY - top - layout.top) / layout.scale]
  }

  #splitAt(x: number): void {
    if (this.#after.size.width > 0) this.#setSplit(splitAt(this.#layout, x - this.#frame.getBoundingClientRect().left))
  }

  #shift(x: number, y: number): void {
    const size = this.#extent
    if (size.width > 0) this.#look(movedBy(this.#frameSize, size, this.#view, [x, y]))
  }

  #zoomBy(factor: number): void {
    const { left, top, width, height } = this.#frame.getBoundingClientRect()
    this.#zoomAbout(left + width / 2, top + height / 2, factor)
  }

  /** Zooms so that what is under a point of the page stays there. */
  #zoomAbout(x: number, y: number, factor: number): void {
    const size = this.#extent
    if (size.width === 0) return
    const { left, top } = this.#frame.getBoundingClientRect()
    const limits = { least: 1 / devicePixelRatio, most: LARGEST_ZOOM }
    this.#look(zoomedAbout(this.#frameSize, size, this.#view, [x - left, y - top], factor, limits))
  }

  #look({ zoom, center }: View): void {
    this.#zoom = zoom
    this.#center = center
    this.#arrange()
  }
}

function choiceOf(label: string): string {
  return `${label} ▾`
}

function below(button: HTMLElement): Anchor {
  const { left, bottom } = button.getBoundingClientRect()
  return { x: left, y: bottom + 4 }
}

function quiet(testid: string, title: string, content: string | Node): HTMLButtonElement {
  return element('button', { type: 'button', class: 'button button-quiet', testid, title }, content)
}

function say(value: PixelValue | undefined): string {
  if (value === undefined) return '–'
  const [red, green, blue, alpha] = value.values
  return `${red} ${green} ${blue}${alpha === 255 ? '' : ` ${alpha}`}${value.space === 'P3' ? ' P3' : ''}`
}

/** Neither the browser nor the page's own keys shall act on it too. */
function taken(event: KeyboardEvent): void {
  event.preventDefault()
  event.stopPropagation()
}
