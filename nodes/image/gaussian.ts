/**
 * ComfyUI's Gaussian (comfy_extras/nodes_post_processing.py): `sigma` is in units of the radius, so that 1 is a standard
 * deviation of `radius` pixels. Its square kernel is the product of this window with itself.
 */
export function relativeGaussian(radius: number, sigma: number): Float64Array {
  return normalised(Float64Array.from({ length: 2 * radius + 1 }, (_, i) => bell((i - radius) / radius / sigma)))
}

/** A Gaussian of a standard deviation in pixels, cut off where less than 0.3 % of it is left. */
export function gaussian(deviation: number): Float64Array {
  const radius = Math.ceil(3 * deviation)
  return normalised(Float64Array.from({ length: 2 * radius + 1 }, (_, i) => bell((i - radius) / deviation)))
}

function bell(x: number): number {
  return Math.exp(-0.5 * x * x)
}

function normalised(window: Float64Array): Float64Array {
  const sum = window.reduce((total, weight) => total + weight, 0)
  return window.map((weight) => weight / sum)
}
