import { BYTES_OF_TYPE, elementCount, type FloatType, type Shape } from './stored-tensor.ts'

/**
 * What comes before the tensors' bytes in a safetensors file: the length of the header, then the header, padded with
 * blanks so that the first tensor begins at a multiple of 64 bytes. The bytes follow in this order without gaps.
 */
export function safetensorsHeader(
  tensors: Iterable<{ readonly name: string; readonly type: FloatType; readonly shape: Shape }>,
): Uint8Array {
  let end = 0
  const entries = Array.from(tensors, ({ name, type, shape }) => {
    const begin = end
    end += elementCount(shape) * BYTES_OF_TYPE[type]
    return [name, { dtype: type, shape, data_offsets: [begin, end] }] as const
  })
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)))
  const length = Math.ceil((LENGTH_BYTES + text.length) / ALIGNMENT) * ALIGNMENT - LENGTH_BYTES
  const bytes = new Uint8Array(LENGTH_BYTES + length).fill(0x20)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true)
  bytes.set(text, LENGTH_BYTES)
  return bytes
}

const LENGTH_BYTES = 8
const ALIGNMENT = 64
