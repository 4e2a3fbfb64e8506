import { transferColor } from '../pixels/color-transfer.ts'
import { type Transferred, transferGated } from '../pixels/gated-transfer.ts'
import { withGrain } from '../pixels/grain.ts'
import type { RunContext } from '../sdk/context.ts'
import { RestorationError } from '../sdk/error.ts'
import type { Frame, GendrModel } from '../sdk/values.ts'

type Services = Pick<RunContext, 'inference'>

/**
 * The transfer that the model was trained to be followed by, and the grain of its setting.
 * @param image as the model made it
 * @param reference what it was made from; both RGB of one size
 * @param grain times the setting's own
 * @param index which frame of a batch it is
 */
export async function transferAsTrained(
  image: Frame,
  reference: Frame,
  model: GendrModel,
  services: Services,
  grain: number,
  index: number,
): Promise<Frame> {
  const { frame, where } = await transfer(image, reference, model, services)
  const amount = grain * model.grain
  if (amount === 0) return frame
  if (where) return withGrain(frame, where, amount, index)
  throw new RestorationError(
    'model_corrupt',
    `Model ${model.name}: expected a transfer that says where grain goes, got one that does not.`,
    'Import the model again with the gate of its grain, or set grain to 0.',
  )
}

async function transfer(
  image: Frame,
  reference: Frame,
  model: GendrModel,
  { inference }: Services,
): Promise<Transferred> {
  const { method, levels } = model.manifest.colorTransfer
  if (method !== 'gated') return { frame: transferColor(image, reference, method, levels) }
  return transferGated(image, reference, levels, {
    atOnce: inference.atOnce,
    measures: (pictures) => inference.run(model, 'measures', pictures),
    gates: (measures) => inference.run(model, 'gates', measures),
    transfer: (pictures, gates) => inference.run(model, 'transfer', [pictures, gates]),
    transferAll: (pictures) => inference.run(model, 'transferAll', pictures),
  })
}
