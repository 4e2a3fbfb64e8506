/** Products that are computed once, at import; sums are in float64. */

/** a·bᵀ of a [m, inner] and b [n, inner], as [m, n]. */
export function matrixProduct(a: Float32Array | Float64Array, b: Float32Array, inner: number): Float32Array {
  const rows = a.length / inner
  const columns = b.length / inner
  const product = new Float32Array(rows * columns)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      product[row * columns + column] = dot(a, row * inner, b, column * inner, inner)
  return product
}

/** weight·x + bias of weight [n, m], x [m], bias [n]. */
export function affine(weight: Float32Array, bias: Float32Array, x: Float64Array): Float64Array {
  return Float64Array.from(bias, (value, row) => value + dot(weight, row * x.length, x, 0, x.length))
}

type Vector = Float32Array | Float64Array

function dot(a: Vector, startA: number, b: Vector, startB: number, length: number): number {
  let sum = 0
  for (let index = 0; index < length; index++) sum += a[startA + index]! * b[startB + index]!
  return sum
}
