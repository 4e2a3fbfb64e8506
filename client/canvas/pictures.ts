/** A picture as nodes draw it: small enough to be drawn at every frame, with the size of the real one. */
export interface Picture {
  readonly bitmap: ImageBitmap
  readonly width: number
  readonly height: number
}

const MOST = 96
const LONGEST_SIDE = 1024

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
  const image = new Image()
  image.src = address
  await image.decode()
  const { naturalWidth: width, naturalHeight: height } = image
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height))
  const bitmap = await createImageBitmap(image, {
    resizeWidth: Math.max(1, Math.round(width * scale)),
    resizeHeight: Math.max(1, Math.round(height * scale)),
    resizeQuality: 'high',
  })
  return { bitmap, width, height }
}
