import { transferColor } from '../sdk/color-transfer.ts'
import type { RunContext } from '../sdk/context.ts'
import { transferGated } from '../sdk/gated-transfer.ts'
import type { Frame, GendrModel } from '../sdk/values.ts'

/** What the model was trained to be followed by; both pictures are RGB of one size. */
export async function transferAsTrained(
  image: Frame,
  reference: Frame,
  model: GendrModel,
  { inference }: Pick<RunContext, 'inference'>,
): Promise<Frame> {
  const { method, levels } = model.manifest.colorTransfer
  if (method !== 'gated') return transferColor(image, reference, method, levels)
  return transferGated(image, reference, levels, {
    measures: (pictures) => inference.run(model, 'measures', pictures),
    gates: (measures) => inference.run(model, 'gates', measures),
    transfer: (pictures, gates) => inference.run(model, 'transfer', [pictures, gates]),
    transferAll: (pictures) => inference.run(model, 'transferAll', pictures),
  })
}
