import { decodeFrame, type PreviewMetadata } from '../../server/protocol/frames.ts'
import { type ServerMessage, serverMessageSchema } from '../../server/protocol/messages.ts'

/** What arrives over the socket, and whether it is there. */
export type SocketEvent =
  | { readonly kind: 'connected' }
  | { readonly kind: 'lost' }
  | { readonly kind: 'message'; readonly message: ServerMessage }
  /** What a node says of its work; of which run, the host does not say. */
  | { readonly kind: 'text'; readonly node: string; readonly text: string }
  | { readonly kind: 'preview'; readonly metadata: PreviewMetadata; readonly picture: Blob }

const FIRST_PAUSE = 300
const LONGEST_PAUSE = 10_000

/** Keeps one WebSocket to the host: when it is lost, tries again, each time after a longer pause. */
export function keepSocket(address: string, listen: (event: SocketEvent) => void): void {
  let pause = FIRST_PAUSE

  function open(): void {
    const socket = new WebSocket(address)
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('open', () => {
      pause = FIRST_PAUSE
      socket.send(JSON.stringify({ type: 'feature_flags', data: { supports_preview_metadata: true } }))
      listen({ kind: 'connected' })
    })
    socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
      const event = typeof data === 'string' ? readMessage(data) : readFrame(data)
      if (event !== undefined) listen(event)
    })
    // A failed attempt closes too.
    socket.addEventListener('close', () => {
      listen({ kind: 'lost' })
      setTimeout(open, pause * (0.75 + Math.random() / 2))
      pause = Math.min(LONGEST_PAUSE, pause * 2)
    })
  }

  open()
}

/** Messages of kinds that we do not know are left alone: a newer host may send more. */
function readMessage(text: string): SocketEvent | undefined {
  try {
    const parsed = serverMessageSchema.safeParse(JSON.parse(text))
    return parsed.success ? { kind: 'message', message: parsed.data } : undefined
  } catch {
    return undefined
  }
}

function readFrame(data: ArrayBuffer): SocketEvent | undefined {
  try {
    const frame = decodeFrame(new Uint8Array(data))
    if (frame.type === 'text') return { kind: 'text', node: frame.node, text: frame.text }
    if (frame.type !== 'previewWithMetadata') return undefined
    const picture = new Blob([new Uint8Array(frame.bytes)], { type: frame.metadata.image_type })
    return { kind: 'preview', metadata: frame.metadata, picture }
  } catch {
    return undefined
  }
}
