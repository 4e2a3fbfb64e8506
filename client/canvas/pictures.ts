/** A picture as nodes draw it: small enough to be drawn at every frame, with the size of the real one. */
export interface Picture {
  readonly bitmap: ImageBitmap
  readonly width: number
  readonly height: number
}

const MOST = 96

/** Loads pictures by address and keeps the latest ones; `redraw` is called when one has arrived. */
export class Pictures {
  readonly #redraw: () => void
  readonly #known = new Map<string, Picture | 'loading' | 'missing'>()

  constructor(redraw: () => void) {
    this.#redraw = redraw
  }

  /** The picture, or why it is not there yet. */
  get(address: string): Picture | 'loading' | 'missing' {
    const known = this.#known.get(address)
    if (known !== undefined) return known
    this.#known.set(address, 'loading')
    void this.#load(address)
    return 'loading'
  }

  async #load(address: string): Promise<void> {
    const picture = await load(address).catch(() => 'missing' as const)
    this.#known.set(address, picture)
    for (const [oldest, value] of this.#known) {
      if (this.#known.size <= MOST) break
      this.#known.delete(oldest)
      if (typeof value === 'object') value.bitmap.close()
    }
    this.#redraw()
  }
}

async function load(address: string): Promise<Picture> {
  const response = await fetch(address)
  if (!response.ok) throw new Error('no picture')
  const image = await createImageBitmap(await response.blob())
  // The host sends large pictures reduced, and says how large they are.
  const size = /^(\d+)x(\d+)$/.exec(response.headers.get('Gendr-Picture-Size') ?? '')
  return { bitmap: image, width: Number(size?.[1] ?? image.width), height: Number(size?.[2] ?? image.height) }
}
