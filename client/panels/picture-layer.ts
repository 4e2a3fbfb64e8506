import { element } from '../browser/element.ts'
import type { FileReference } from '../host/address.ts'
import { type PictureFacts, type PictureStore, pictureKey } from '../host/pictures.ts'
import { levelFor, type PlacedTile, type Region, seenRegion, tilesOver } from './tile-choice.ts'
import type { Box, Size } from './viewer-layout.ts'

/** Values of a pixel as the screen gets them: 0..255, in sRGB or Display P3. */
export interface PixelValue {
  readonly values: readonly [red: number, green: number, blue: number, alpha: number]
  readonly space: 'sRGB' | 'P3'
}

const MOST_TILES = 160

/**
 * From so many times their size on pixels are shown as squares; below, a small picture beside its enlargement would look
 * worse than it is.
 */
const PIXELS_FROM = 8

/**
 * One picture at any place and scale. Pictures up to 16 megapixels are one image; of larger ones only the tiles that are
 * seen are loaded, over a small picture of the whole.
 */
export class PictureLayer {
  readonly root: HTMLElement
  readonly image: HTMLImageElement
  readonly #store: PictureStore
  readonly #onChange: () => void
  readonly #content = element('div', { class: 'picture-content' })
  readonly #tiles = new Map<string, { readonly tile: PlacedTile; readonly image: HTMLImageElement }>()
  #file: FileReference | undefined
  #facts: PictureFacts | undefined
  #failed = false
  /** Counts what was asked to be shown: answers that are late are dropped. */
  #turn = 0

  constructor(store: PictureStore, alt: string, testid: string, onChange: () => void) {
    this.#store = store
    this.#onChange = onChange
    this.image = element('img', { class: 'picture-image', alt, draggable: 'false', testid })
    this.#content.append(this.image)
    this.root = element('div', { class: 'viewer-picture' }, this.#content)
    this.image.addEventListener('load', () => onChange())
  }

  get file(): FileReference | undefined {
    return this.#file
  }

  get facts(): PictureFacts | undefined {
    return this.#facts
  }

  /** Whether the host could not show it. */
  get failed(): boolean {
    return this.#failed
  }

  /** Of the upright picture; zero until it is known. */
  get size(): Size {
    return this.#facts ?? { width: 0, height: 0 }
  }

  /** Shows a picture; one that is shown already is looked at again, for its file may be another. */
  async show(file: FileReference | undefined): Promise<void> {
    const turn = ++this.#turn
    const isSame = file !== undefined && this.#file !== undefined && pictureKey(file) === pictureKey(this.#file)
    this.#file = file
    if (!isSame) this.#clear()
    if (file === undefined) return
    if (!isSame) this.image.src = this.#store.reduced(file)
    const facts = await this.#store.facts(file).catch(() => undefined)
    if (turn !== this.#turn) return
    this.#failed = facts === undefined
    if (facts !== undefined && facts.version !== this.#facts?.version) {
      this.#dropTiles()
      this.#facts = facts
      const address = facts.levels > 0 ? this.#store.reduced(file) : this.#store.whole(file)
      await this.#replace(`${address}&version=${facts.version}`, turn)
    }
    this.#onChange()
  }

  /**
   * Puts the picture into a box of the frame; both in CSS pixels.
   * @param turn how far somebody turns it about its middle, in degrees, clockwise
   */
  place(box: Box, frame: Size, turn = 0): void {
    const { style } = this.root
    style.width = `${box.width}px`
    style.height = `${box.height}px`
    style.transform = `translate(${box.left}px, ${box.top}px)`
    const scale = this.size.width === 0 ? 1 : box.width / this.size.width
    this.root.classList.toggle('viewer-pixels', scale * devicePixelRatio >= PIXELS_FROM)
    if ((this.#facts?.levels ?? 0) > 0) this.#arrangeTiles(seenRegion(box, frame, this.size, turn), scale)
  }

  /** What is at a pixel; undefined where that is not loaded. */
  valueAt(x: number, y: number): PixelValue | undefined {
    const { width, height } = this.size
    if (x < 0 || y < 0 || x >= width || y >= height) return undefined
    const space = this.#facts?.isWide === true ? 'P3' : 'sRGB'
    const tiled = [...this.#tiles.values()]
      .filter(
        ({ tile, image }) => isLoaded(image) && x >= tile.left && x < tile.right && y >= tile.top && y < tile.bottom,
      )
      .sort((a, b) => a.tile.level - b.tile.level)[0]
    if (tiled !== undefined) {
      const { tile, image } = tiled
      const across = (x - tile.left) / (tile.right - tile.left)
      const down = (y - tile.top) / (tile.bottom - tile.top)
      return readPixel(image, across * image.naturalWidth, down * image.naturalHeight, space)
    }
    if (!isLoaded(this.image)) return undefined
    const { naturalWidth, naturalHeight } = this.image
    return readPixel(this.image, (x / width) * naturalWidth, (y / height) * naturalHeight, space)
  }

  /** The picture, or of a large one a small one of the whole; undefined until it is loaded. */
  get loaded(): HTMLImageElement | undefined {
    return isLoaded(this.image) ? this.image : undefined
  }

  #clear(): void {
    this.#dropTiles()
    this.#facts = undefined
    this.#failed = false
    this.image.removeAttribute('src')
  }

  /** Swaps the image once the new one is decoded, so that nothing flickers. */
  async #replace(address: string, turn: number): Promise<void> {
    const next = new Image()
    next.src = address
    await next.decode().catch(() => undefined)
    if (turn === this.#turn) this.image.src = address
  }

  #arrangeTiles(seen: Region, scale: number): void {
    const { facts, file } = { facts: this.#facts, file: this.#file }
    if (facts === undefined || file === undefined) return
    const level = levelFor(scale * devicePixelRatio, facts.levels)
    const wanted = seen.right > seen.left && seen.bottom > seen.top ? tilesOver(seen, facts, level, facts.tile) : []
    for (const tile of wanted) {
      const key = `${tile.level}/${tile.column}/${tile.row}`
      if (this.#tiles.has(key)) continue
      const image = element('img', { class: 'picture-tile', alt: '', draggable: 'false', decoding: 'async' })
      image.style.zIndex = String(facts.levels - tile.level)
      image.addEventListener('load', () => this.#onChange())
      image.src = this.#store.tile(file, { ...tile, version: facts.version })
      this.#content.append(image)
      this.#tiles.set(key, { tile, image })
    }
    this.#dropUnseen(seen, level, wanted)
    for (const { tile, image } of this.#tiles.values()) {
      // On whole pixels of the screen, so that neighbours meet.
      const [left, top, right, bottom] = [tile.left, tile.top, tile.right, tile.bottom].map(
        (edge) => Math.round(edge * scale * devicePixelRatio) / devicePixelRatio,
      ) as [number, number, number, number]
      image.style.left = `${left}px`
      image.style.top = `${top}px`
      image.style.width = `${right - left}px`
      image.style.height = `${bottom - top}px`
    }
  }

  /** Tiles out of sight go; those of other levels stay under the wanted ones until these are loaded. */
  #dropUnseen(seen: Region, level: number, wanted: readonly PlacedTile[]): void {
    const complete = wanted.every(({ column, row }) => {
      const image = this.#tiles.get(`${level}/${column}/${row}`)?.image
      return image !== undefined && isLoaded(image)
    })
    for (const [key, { tile, image }] of this.#tiles) {
      const isOut = tile.right < seen.left || tile.left > seen.right || tile.bottom < seen.top || tile.top > seen.bottom
      const isOld = tile.level !== level && (complete || !isLoaded(image))
      if (!isOld && !(isOut && this.#tiles.size > MOST_TILES) && !(isOut && !isLoaded(image))) continue
      this.#tiles.delete(key)
      // Also ends the request where it is under way.
      image.removeAttribute('src')
      image.remove()
    }
  }

  #dropTiles(): void {
    for (const { image } of this.#tiles.values()) {
      image.removeAttribute('src')
      image.remove()
    }
    this.#tiles.clear()
  }
}

function isLoaded(image: HTMLImageElement): boolean {
  return image.complete && image.naturalWidth > 0
}

const samplers = new Map<string, OffscreenCanvasRenderingContext2D | null>()

function readPixel(image: HTMLImageElement, x: number, y: number, space: PixelValue['space']): PixelValue | undefined {
  const colorSpace = space === 'P3' ? 'display-p3' : 'srgb'
  const sampler =
    samplers.get(space) ?? new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true, colorSpace })
  samplers.set(space, sampler)
  if (sampler === null) return undefined
  sampler.clearRect(0, 0, 1, 1)
  sampler.drawImage(image, Math.floor(x + 1e-6), Math.floor(y + 1e-6), 1, 1, 0, 0, 1, 1)
  const [red = 0, green = 0, blue = 0, alpha = 0] = sampler.getImageData(0, 0, 1, 1, { colorSpace }).data
  return { values: [red, green, blue, alpha], space }
}
