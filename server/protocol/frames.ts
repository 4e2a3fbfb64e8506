import { z } from 'zod'
import { RestorationError } from '../../nodes/sdk/error.ts'

/**
 * Binary frames of the WebSocket. All numbers are big-endian u32. 1, 3 and 4 are ComfyUI's (protocol.py); 16 and 17 are
 * ours: `type | length of the JSON | JSON, UTF-8 | bytes`, the same layout as 4. 3 has a node's id in the place of the
 * JSON, and text in the place of the bytes.
 */
export const FRAME_TYPES = { preview: 1, text: 3, previewWithMetadata: 4, attachment: 16, result: 17 } as const

const imageFormatSchema = z.enum(['image/jpeg', 'image/png'])

export const previewMetadataSchema = z.object({
  node_id: z.string(),
  prompt_id: z.string(),
  display_node_id: z.string(),
  parent_node_id: z.string().nullable(),
  real_node_id: z.string(),
  image_type: imageFormatSchema,
})

/** A picture for the next run; nodes load it under this name. */
export const attachmentMetadataSchema = z.object({ name: z.string().min(1).max(1000) })

/** A picture that a run made, instead of a file. */
export const resultMetadataSchema = z.object({
  prompt_id: z.string(),
  node_id: z.string(),
  index: z.int().min(0),
  filename: z.string(),
  format: z.string(),
})

export type ImageFormat = z.infer<typeof imageFormatSchema>
export type PreviewMetadata = z.infer<typeof previewMetadataSchema>
export type AttachmentMetadata = z.infer<typeof attachmentMetadataSchema>
export type ResultMetadata = z.infer<typeof resultMetadataSchema>

export type Frame =
  | { readonly type: 'preview'; readonly format: ImageFormat; readonly bytes: Uint8Array }
  | { readonly type: 'text'; readonly node: string; readonly text: string }
  | { readonly type: 'previewWithMetadata'; readonly metadata: PreviewMetadata; readonly bytes: Uint8Array }
  | { readonly type: 'attachment'; readonly metadata: AttachmentMetadata; readonly bytes: Uint8Array }
  | { readonly type: 'result'; readonly metadata: ResultMetadata; readonly bytes: Uint8Array }

/** Whether the client waits for it: pictures of what is being made are JPEG, and the next one is as good. */
export function isResult(frame: Frame): boolean {
  return frame.type === 'result' || (frame.type === 'previewWithMetadata' && frame.metadata.image_type === 'image/png')
}

/** About how many bytes a frame has. */
export function sizeOf(frame: Frame): number {
  return frame.type === 'text' ? frame.text.length : frame.bytes.length
}

const FORMAT_CODES: Readonly<Record<ImageFormat, number>> = { 'image/jpeg': 1, 'image/png': 2 }
const MAX_METADATA = 1 << 20

/** One frame as it goes over the socket; copies `bytes` once. */
export function encodeFrame(frame: Frame): Uint8Array<ArrayBuffer> {
  if (frame.type === 'preview') return assemble(FRAME_TYPES.preview, FORMAT_CODES[frame.format], [frame.bytes])
  const encoder = new TextEncoder()
  if (frame.type === 'text') {
    const node = encoder.encode(frame.node)
    return assemble(FRAME_TYPES.text, node.length, [node, encoder.encode(frame.text)])
  }
  const json = encoder.encode(JSON.stringify(frame.metadata))
  return assemble(FRAME_TYPES[frame.type], json.length, [json, frame.bytes])
}

/**
 * Reads a frame; its `bytes` are a view of `data`.
 * @throws RestorationError `invalid_input` when the frame is not one of ours
 */
export function decodeFrame(data: Uint8Array): Frame {
  if (data.length < 8) throw invalid(`expected at least 8 bytes but received ${data.length}`)
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const type = view.getUint32(0)
  const second = view.getUint32(4)
  if (type === FRAME_TYPES.preview) {
    return { type: 'preview', format: second === 2 ? 'image/png' : 'image/jpeg', bytes: data.subarray(8) }
  }
  const isText = type === FRAME_TYPES.text
  if (
    !isText &&
    type !== FRAME_TYPES.previewWithMetadata &&
    type !== FRAME_TYPES.attachment &&
    type !== FRAME_TYPES.result
  ) {
    throw invalid(`expected the type 1, 3, 4, 16 or 17 but received ${type}`)
  }
  if (second > MAX_METADATA || 8 + second > data.length) {
    throw invalid(`its ${isText ? 'node id' : 'JSON'} is said to be ${second} bytes long, the frame has ${data.length}`)
  }
  if (isText) {
    const decoder = new TextDecoder()
    return {
      type: 'text',
      node: decoder.decode(data.subarray(8, 8 + second)),
      text: decoder.decode(data.subarray(8 + second)),
    }
  }
  const json = parseJson(data.subarray(8, 8 + second))
  const bytes = data.subarray(8 + second)
  switch (type) {
    case FRAME_TYPES.previewWithMetadata:
      return { type: 'previewWithMetadata', metadata: parseMetadata(previewMetadataSchema, json), bytes }
    case FRAME_TYPES.attachment:
      return { type: 'attachment', metadata: parseMetadata(attachmentMetadataSchema, json), bytes }
    case FRAME_TYPES.result:
      return { type: 'result', metadata: parseMetadata(resultMetadataSchema, json), bytes }
  }
}

function assemble(type: number, second: number, parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(8 + parts.reduce((sum, part) => sum + part.length, 0))
  const view = new DataView(frame.buffer)
  view.setUint32(0, type)
  view.setUint32(4, second)
  let offset = 8
  for (const part of parts) {
    frame.set(part, offset)
    offset += part.length
  }
  return frame
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw invalid('its JSON cannot be read')
  }
}

function parseMetadata<T extends z.ZodType>(schema: T, json: unknown): z.output<T> {
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw invalid(`its JSON does not fit at ${issue?.path.join('.') || 'the top'}: ${issue?.message ?? 'unknown'}`)
}

function invalid(reason: string): RestorationError {
  return new RestorationError(
    'invalid_input',
    `The binary frame cannot be read: ${reason}.`,
    'Send u32 16, u32 length of the JSON, the JSON {"name": "photo.jpg"}, then the bytes of the file.',
  )
}
