/** How one output sample is made of input samples: `weights[k]` of the sample at `start + k`. */
export interface Taps {
  readonly start: number
  readonly weights: Float32Array
}

export interface Kernel {
  /** The weight at a distance in input samples. */
  readonly weight: (distance: number) => number
  /** Beyond this distance the weight is zero. */
  readonly radius: number
  /** When shrinking: widen the kernel to the output's samples, so that nothing aliases. */
  readonly antialias: boolean
  /** Beyond the edge: repeat the last sample, or leave it out and let the rest weigh more. */
  readonly edge: 'repeat' | 'leave out'
}

/** The taps of each of `to` samples that replace `from` samples; sample i lies at (i + 0.5) · from / to. */
export function resampleTaps(from: number, to: number, kernel: Kernel): readonly Taps[] {
  const scale = from / to
  const stretch = kernel.antialias ? Math.max(1, scale) : 1
  const reach = kernel.radius * stretch
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale - 0.5
    const first = Math.ceil(centre - reach)
    const last = Math.floor(centre + reach)
    const start = Math.max(0, first)
    const weights = new Float64Array(Math.min(from - 1, last) - start + 1)
    for (let at = first; at <= last; at++) {
      const inside = at >= 0 && at < from
      if (!inside && kernel.edge === 'leave out') continue
      weights[Math.min(from - 1, Math.max(0, at)) - start]! += kernel.weight((at - centre) / stretch)
    }
    const sum = weights.reduce((total, weight) => total + weight, 0)
    return { start, weights: Float32Array.from(weights, (weight) => weight / sum) }
  })
}

/** Linear interpolation as torch.nn.functional.interpolate does it. */
export const LINEAR: Kernel = {
  radius: 1,
  antialias: false,
  edge: 'repeat',
  weight: (distance) => Math.max(0, 1 - Math.abs(distance)),
}

/** Keys' cubic convolution with a = −0.75 (Keys 1981, eq. 4), as torch.nn.functional.interpolate does it. */
export const CUBIC: Kernel = { radius: 2, antialias: false, edge: 'repeat', weight: cubic(-0.75) }

/** Keys' cubic convolution with a = −0.5, widened when shrinking, as Pillow does it. */
export const PILLOW_CUBIC: Kernel = { radius: 2, antialias: true, edge: 'leave out', weight: cubic(-0.5) }

/** Lanczos with three lobes, as Pillow does it. */
export const LANCZOS: Kernel = {
  radius: 3,
  antialias: true,
  edge: 'leave out',
  weight: (distance) => (Math.abs(distance) < 3 ? sinc(distance) * sinc(distance / 3) : 0),
}

function cubic(a: number): (distance: number) => number {
  return (distance) => {
    const x = Math.abs(distance)
    if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1
    return x < 2 ? a * (((x - 5) * x + 8) * x - 4) : 0
  }
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)
}
