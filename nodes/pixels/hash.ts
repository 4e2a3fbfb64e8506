/** MurmurHash3's finaliser of 32 bits (Appleby), as a signed number: every bit of the state changes half of the result's. */
export function mix(state: number): number {
  let hash = state | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
