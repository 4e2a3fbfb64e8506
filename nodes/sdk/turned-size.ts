export interface Size {
  readonly width: number
  readonly height: number
}

/** What is left of a picture that is turned by degrees: with the border `crop` the largest part inside, else all of it. */
export function turnedSize(size: Size, degrees: number, border: string): Size {
  return (border === 'crop' ? insideSize : outsideSize)(size, (degrees * Math.PI) / 180)
}

/** The largest upright rectangle inside a rectangle that was turned by an angle, in radians. */
export function insideSize({ width, height }: Size, angle: number): Size {
  const [sin, cos] = [Math.abs(Math.sin(angle)), Math.abs(Math.cos(angle))]
  const [long, short] = [Math.max(width, height), Math.min(width, height)]
  if (short <= 2 * sin * cos * long || Math.abs(sin - cos) < 1e-10) {
    // Two corners touch the long sides, the other two the middle between them.
    const half = short / 2
    const [a, b] = [half / sin, half / cos]
    return width >= height ? whole(a, b) : whole(b, a)
  }
  const spread = cos * cos - sin * sin
  return whole((width * cos - height * sin) / spread, (height * cos - width * sin) / spread)
}

/** The upright rectangle around a rectangle that was turned by an angle, in radians. */
export function outsideSize({ width, height }: Size, angle: number): Size {
  const [sin, cos] = [Math.abs(Math.sin(angle)), Math.abs(Math.cos(angle))]
  const up = (length: number) => Math.ceil(length - 1e-9)
  return { width: up(width * cos + height * sin), height: up(width * sin + height * cos) }
}

function whole(width: number, height: number): Size {
  const down = (length: number) => Math.max(1, Math.floor(length + 1e-9))
  return { width: down(width), height: down(height) }
}
