import { z } from 'zod'
import { encodeFrame } from '../pixels/encode.ts'
import { defineNode } from '../sdk/node.ts'

/** SaveImageWebsocket as ComfyUI has it (custom_nodes/websocket_image_save.py): no disk, and never the same run twice. */
export const saveImageWebsocket = defineNode({
  id: 'SaveImageWebsocket',
  title: 'Save Image Websocket',
  summary: 'Sends pictures to the client that ran the graph, as PNG over its WebSocket; no file is written.',
  inputs: { images: { type: 'IMAGE', tooltip: 'The pictures to send.' } },
  parameters: z.object({}),
  outputs: {},
  outputNode: true,
  fingerprint: async () => crypto.randomUUID(),
  async run({ images }, _parameters, context) {
    for (const [i, frame] of images.frames.entries()) {
      context.progress(i, images.frames.length)
      context.send(await encodeFrame(frame))
    }
    return {}
  },
})
