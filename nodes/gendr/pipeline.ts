import type { RunContext } from '../sdk/context.ts'
import { fromPaddedTensor, toPaddedTensor } from '../sdk/padding.ts'
import { toRgb } from '../sdk/samples.ts'
import type { Frame, GendrManifest, GendrModel, LatentFrame, Tensor } from '../sdk/values.ts'

type Services = Pick<RunContext, 'inference' | 'signal'>

/** z = (encode(2x − 1) − shift) · scale; the frame is reflected to the model's multiple first. */
export async function encodeFrame(frame: Frame, model: GendrModel, { inference }: Services): Promise<LatentFrame> {
  const { paddingMultiple, scale, shift } = model.manifest
  const mean = await inference.run(model, 'encoder', toPaddedTensor(toRgb(frame), paddingMultiple))
  return { tensor: mapTensor(mean, (value) => (value - shift) * scale), width: frame.width, height: frame.height }
}

/**
 * The one step: z + strength · (z₀ − z), z₀ from the UNet's prediction (GenDR, arXiv 2503.06790, section 3).
 * @param strength 0..1; 0 leaves the latent as it is, so that decoding gives the VAE's round trip
 */
export async function restoreLatent(
  latent: LatentFrame,
  model: GendrModel,
  strength: number,
  { inference }: Services,
): Promise<LatentFrame> {
  const z = latent.tensor
  const prediction = await inference.run(model, 'unet', { data: z.data.slice(), dims: z.dims })
  const step = cleanLatent(model.manifest)
  const data = z.data.map((value, i) => value + strength * (step(value, prediction.data[i]!) - value))
  return { ...latent, tensor: { data, dims: z.dims } }
}

/** y = (decode(z / scale + shift) + 1) / 2, cropped to the frame's own size; float32, not clamped. */
export async function decodeLatent(latent: LatentFrame, model: GendrModel, { inference }: Services): Promise<Frame> {
  const { scale, shift } = model.manifest
  const pixels = await inference.run(
    model,
    'decoder',
    mapTensor(latent.tensor, (value) => value / scale + shift),
  )
  return fromPaddedTensor(pixels, latent.width, latent.height)
}

/** z₀ from the noisy latent and the prediction, by prediction type (Salimans & Ho 2022, appendix D). */
function cleanLatent({ prediction, alpha, beta }: GendrManifest): (z: number, predicted: number) => number {
  const signal = Math.sqrt(alpha)
  const noise = Math.sqrt(beta)
  switch (prediction) {
    case 'epsilon':
      return (z, predicted) => (z - noise * predicted) / signal
    case 'sample':
      return (_z, predicted) => predicted
    case 'v_prediction':
      return (z, predicted) => signal * z - noise * predicted
  }
}

function mapTensor(tensor: Tensor, change: (value: number) => number): Tensor {
  return { data: tensor.data.map(change), dims: tensor.dims }
}
