/** The frames over and over until there are `count`, or the first of them (ComfyUI: repeat_to_batch_size). */
export function repeatTo<Frame>(frames: readonly Frame[], count: number): readonly Frame[] {
  if (frames.length === count) return frames
  return Array.from({ length: count }, (_, i) => frames[i % frames.length]!)
}
