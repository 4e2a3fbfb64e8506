import { fromPaddedTensor, toPaddedTensor } from '../pixels/padding.ts'
import { toRgb } from '../pixels/samples.ts'
import type { RunContext } from '../sdk/context.ts'
import { RestorationError } from '../sdk/error.ts'
import { stepCoefficients } from '../sdk/one-step.ts'
import type { Frame, GendrModel, LatentFrame, LatentRestorer, Tensor } from '../sdk/values.ts'

type Services = Pick<RunContext, 'inference' | 'signal'>

/** The whole restoration of one tile; float32, not clamped. `strength` is that of restoreLatent. */
export async function restoreTile(
  tile: Frame,
  model: GendrModel,
  strength: number,
  services: Services,
): Promise<Frame> {
  services.signal.throwIfAborted()
  if (model.manifest.kind === 'gendr-pixel') return restorePixels(tile, model, strength, services)
  if (model.isFused && strength === 1) return restoreAtOnce(tile, model, services)
  const encoded = await encodeFrame(tile, model, services)
  services.signal.throwIfAborted()
  const restored = await restoreLatent(encoded, model, strength, services)
  services.signal.throwIfAborted()
  return decodeLatent(restored, model, services)
}

/** z = (encode(2x − 1) − shift) · scale; the frame is reflected to the model's multiple first. */
export async function encodeFrame(frame: Frame, model: GendrModel, { inference }: Services): Promise<LatentFrame> {
  const { paddingMultiple, factor, scale, shift } = latentManifest(model)
  const mean = await inference.run(model, 'encoder', toPaddedTensor(toRgb(frame), paddingMultiple))
  const tensor = mapTensor(mean, (value) => (value - shift) * scale)
  return { tensor, factor, width: frame.width, height: frame.height }
}

/**
 * The one step: z + strength · (z₀ − z), z₀ from the UNet's prediction (GenDR, arXiv 2503.06790, section 3).
 * @param strength 0..1; 0 leaves the latent as it is, so that decoding gives the VAE's round trip
 */
export async function restoreLatent(
  latent: LatentFrame,
  model: GendrModel,
  strength: number,
  services: Services,
): Promise<LatentFrame> {
  requireFactor(latent, model)
  return { ...latent, tensor: await step(latent.tensor, model, strength, services) }
}

/** y = (decode(z / scale + shift) + 1) / 2, cropped to the frame's own size; float32, not clamped. */
export async function decodeLatent(latent: LatentFrame, model: GendrModel, { inference }: Services): Promise<Frame> {
  requireFactor(latent, model)
  const { scale, shift } = latentManifest(model)
  const pixels = await inference.run(
    model,
    'decoder',
    mapTensor(latent.tensor, (value) => value / scale + shift),
  )
  return fromPaddedTensor(pixels, latent.width, latent.height)
}

/** The three in one graph. */
async function restoreAtOnce(tile: Frame, model: GendrModel, { inference }: Services): Promise<Frame> {
  const pixels = toPaddedTensor(toRgb(tile), model.manifest.paddingMultiple)
  return fromPaddedTensor(await inference.run(model, 'fused', pixels), tile.width, tile.height)
}

/** The one step in pixels (GenDR-Pix, arXiv 2602.10630): y = (x' + 1) / 2 with x' = the step of 2x − 1. */
async function restorePixels(tile: Frame, model: GendrModel, strength: number, services: Services): Promise<Frame> {
  const pixels = toPaddedTensor(toRgb(tile), model.manifest.paddingMultiple)
  return fromPaddedTensor(await step(pixels, model, strength, services), tile.width, tile.height)
}

async function step(z: Tensor, model: GendrModel, strength: number, { inference }: Services): Promise<Tensor> {
  const prediction = await inference.run(model, 'unet', { data: z.data.slice(), dims: z.dims })
  const { own, predicted } = stepCoefficients(model.manifest, strength)
  return { data: z.data.map((value, i) => own * value + predicted * prediction.data[i]!), dims: z.dims }
}

function latentManifest({ name, manifest }: GendrModel): LatentRestorer {
  if (manifest.kind === 'gendr-latent') return manifest
  throw new RestorationError(
    'invalid_input',
    `Model '${name}' restores pixels: it has no latents to encode, restore or decode.`,
    'Use GenDR Restore, which takes models of both kinds.',
  )
}

/** Of another factor a latent is that of a picture of another size. */
function requireFactor(latent: LatentFrame, model: GendrModel): void {
  const { factor } = latentManifest(model)
  if (latent.factor === factor) return
  throw new RestorationError(
    'invalid_input',
    `Expected a latent with a sample for ${factor} × ${factor} pixels, as model '${model.name}' has them, but received one with a sample for ${latent.factor} × ${latent.factor}.`,
    'Encode, restore and decode with the same model.',
  )
}

function mapTensor(tensor: Tensor, change: (value: number) => number): Tensor {
  return { data: tensor.data.map(change), dims: tensor.dims }
}
