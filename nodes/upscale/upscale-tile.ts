import { fromUnitTensor, roundUp, toUnitTensor } from '../pixels/padding.ts'
import type { RunContext } from '../sdk/context.ts'
import type { Frame, Tensor, UpscaleModel } from '../sdk/values.ts'

/** An RGB tile, padded to what the model takes and cropped again: float32, `scale` times as wide and high. */
export async function upscaleTile(
  tile: Frame,
  model: UpscaleModel,
  { inference }: Pick<RunContext, 'inference'>,
): Promise<Frame> {
  const { scale, channels, paddingMultiple, size } = model
  const width = size?.width ?? roundUp(tile.width, paddingMultiple)
  const height = size?.height ?? roundUp(tile.height, paddingMultiple)
  const pixels = toUnitTensor(tile, width, height)
  const enlarged =
    channels === 3
      ? await inference.run(model, 'upscaler', pixels)
      : await byChannel(pixels, (plane) => inference.run(model, 'upscaler', plane))
  return fromUnitTensor(enlarged, tile.width * scale, tile.height * scale)
}

/** [1, 3, H, W] through a network of one channel. */
async function byChannel({ data, dims }: Tensor, run: (plane: Tensor) => Promise<Tensor>): Promise<Tensor> {
  const [, , height = 0, width = 0] = dims
  const area = width * height
  const planes: Tensor[] = []
  for (let channel = 0; channel < 3; channel++)
    planes.push(await run({ data: data.slice(channel * area, (channel + 1) * area), dims: [1, 1, height, width] }))
  const length = planes[0]!.data.length
  const joined = new Float32Array(3 * length)
  planes.forEach((plane, channel) => {
    joined.set(plane.data, channel * length)
  })
  return { data: joined, dims: [1, 3, ...planes[0]!.dims.slice(2)] }
}
