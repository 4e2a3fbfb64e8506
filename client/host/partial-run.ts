import type { Catalogue } from '../../server/graph/catalogue.ts'
import { STRINGS } from '../strings.ts'
import { HostError } from './host.ts'
import type { Order } from './run-control.ts'

/**
 * An order that runs only what a node needs. The host runs up to nodes with outputs, so any other node gets a preview of
 * its first picture, which is in the order only.
 * @returns the order, and the node of it that shows the picture
 * @throws HostError where the node gives no picture, or does not run
 */
export function orderUpTo(order: Order, id: string, types: Catalogue): { order: Order; shown: string } {
  const node = order.prompt[id]
  const type = node === undefined ? undefined : types.get(node.class_type)
  if (type?.outputNode === true) return { order: { ...order, targets: [id] }, shown: id }
  const output = type?.outputs.findIndex((socket) => socket.type === 'IMAGE') ?? -1
  if (output < 0) {
    throw new HostError(400, STRINGS.partial.noPicture(type?.title ?? id), { remedy: STRINGS.partial.remedy })
  }
  const shown = `${id}-preview`
  const preview = { class_type: 'PreviewImage', inputs: { images: [id, output] } }
  return { order: { ...order, prompt: { ...order.prompt, [shown]: preview }, targets: [shown] }, shown }
}
