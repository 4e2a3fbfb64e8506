/** Rounds as Python does, halves to the even neighbour: sizes then come out as ComfyUI's. */
export function roundHalfEven(value: number): number {
  const rounded = Math.round(value)
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}
