/** Nodes that stories wire by hand: one loads a picture, two change it, one saves it. */
export const [load, scale, invert, save] = [
  { id: 1, type: 'LoadImage', mode: 0, pos: [40, 80], size: [230, 300] },
  { id: 2, type: 'ImageScaleBy', mode: 0, pos: [360, 80], size: [230, 100], widgets_values: ['bicubic', 2] },
  { id: 3, type: 'ImageInvert', pos: [360, 300], size: [230, 60] },
  { id: 4, type: 'SaveImage', pos: [700, 80], size: [230, 200] },
] as const
export const all = [load, scale, invert, save]
export const [atLoad, atScale, atInvert, atSave] = all.map(({ pos }) => [...pos] as [number, number]) as [
  [number, number],
  [number, number],
  [number, number],
  [number, number],
]
/** A picture that goes from the first output of a node to the first input of another. */
export const linked = (id: number, from: number, to: number) => [id, from, 0, to, 0, 'IMAGE']
