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
  return method === 'gated'
    ? transferGated(image, reference, levels, (measures) => inference.run(model, 'gates', measures))
    : transferColor(image, reference, method, levels)
}
