import { isUnreadable } from '../host/pictures.ts'
import { bitmapOf } from './bitmap.ts'

/** A picture as nodes draw it: small enough to be drawn at every frame, with the size of the real one. */
export interface Picture {
  readonly bitmap: ImageBitmap
  readonly width: number
  readonly height: number
}

interface Entry {
  /** The picture, or why there is none. */
  shown: Picture | 'loading' | 'missing' | 'unreadable'
  /** The request whose answer counts; none where it is to be asked for again. */
  request?: symbol | undefined
}

const MOST = 96

/** Loads pictures by address and keeps the latest ones; `redraw` is called when one has arrived. */
export class Pictures {
  readonly #redraw: () => void
  /** The one that nobody has drawn for longest comes first. */
  readonly #known = new Map<string, Entry>()
  /** What the latest frame shows. */
  #inView = new Set<string>()
  #isDrawing = false

  constructor(redraw: () => void) {
    this.#redraw = redraw
  }

  get(address: string): Entry['shown'] {
    this.#see(address)
    const entry = this.#known.get(address) ?? { shown: 'loading' }
    this.#known.delete(address)
    this.#known.set(address, entry)
    if (entry.request === undefined) void this.#load(address, entry)
    return entry.shown
  }

  /** Asks for pictures again, all of them by default: the host may have others there. Until it has answered the old are shown. */
  forget(addresses: Iterable<string> = this.#known.keys()): void {
    for (const address of addresses) {
      const entry = this.#known.get(address)
      if (entry !== undefined) entry.request = undefined
    }
    this.#redraw()
  }

  /** A frame asks for all that it shows without a pause. */
  #see(address: string): void {
    if (!this.#isDrawing) {
      this.#isDrawing = true
      this.#inView = new Set()
      queueMicrotask(() => {
        this.#isDrawing = false
      })
    }
    this.#inView.add(address)
  }

  async #load(address: string, entry: Entry): Promise<void> {
    const request = Symbol(address)
    entry.request = request
    const shown = await load(address).catch(() => 'missing' as const)
    if (entry.request !== request) {
      close(shown)
      return
    }
    close(entry.shown)
    entry.shown = shown
    this.#makeRoom()
    this.#redraw()
  }

  #makeRoom(): void {
    for (const [oldest, entry] of this.#known) {
      if (this.#known.size <= MOST || this.#inView.has(oldest)) break
      this.#known.delete(oldest)
      entry.request = undefined
      close(entry.shown)
    }
  }
}

function close(shown: Entry['shown']): void {
  if (typeof shown === 'object') shown.bitmap.close()
}

async function load(address: string): Promise<Picture | 'missing' | 'unreadable'> {
  const response = await fetch(address)
  if (!response.ok) return isUnreadable(response) ? 'unreadable' : 'missing'
  const image = await bitmapOf(await response.blob())
  if (image === undefined) return 'unreadable'
  // The host sends large pictures reduced, and says how large they are.
  const size = /^(\d+)x(\d+)$/.exec(response.headers.get('Gendr-Picture-Size') ?? '')
  return { bitmap: image, width: Number(size?.[1] ?? image.width), height: Number(size?.[2] ?? image.height) }
}
