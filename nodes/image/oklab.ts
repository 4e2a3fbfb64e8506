/** Lightness, and two axes of colour (green to red, blue to yellow). */
export type Oklab = [lightness: number, a: number, b: number]

/** Linear sRGB to Oklab (Ottosson 2020, bottosson.github.io/posts/oklab). */
export function toOklab(red: number, green: number, blue: number, lab: Oklab): void {
  const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
  const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
  const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
  lab[0] = 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s
  lab[1] = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s
  lab[2] = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s
}

/** Oklab to linear sRGB, which may lie outside 0..1. */
export function fromOklab([lightness, a, b]: Oklab, rgb: [number, number, number]): void {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  rgb[0] = 4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s
  rgb[1] = -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s
  rgb[2] = -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s
}
