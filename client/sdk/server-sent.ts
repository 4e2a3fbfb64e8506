import type { RunEvent } from './types.ts'
import type { Watch } from './watch.ts'

/** The blocks of a stream of server-sent events (HTML standard, 9.2), without the blank lines that end them. */
export async function* blocksOf(body: ReadableStream<Uint8Array>, watch: Watch): AsyncGenerator<string> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  // Pictures come as one block: only what is new is searched, and all of it joined once.
  let parts: string[] = []
  let half = ''
  try {
    for (;;) {
      const { done, value } = await watch.over(reader.read())
      if (done) return
      const text = half + decoder.decode(value, { stream: true })
      half = endsInHalf(text) ? '\n' : ''
      const [rest, ...others] = text.slice(0, text.length - half.length).split('\n\n')
      parts.push(rest ?? '')
      for (const other of others) {
        yield parts.join('')
        parts = [other]
      }
    }
  } finally {
    // Whoever stops listening early lets the connection go.
    await reader.cancel().catch(() => undefined)
  }
}

/** Whether a text ends in what may be the first half of a blank line. */
function endsInHalf(text: string): boolean {
  return text.endsWith('\n') && !text.endsWith('\n\n')
}

/** The message in a block, as far as the host uses the format: one line of data each. */
export function parseBlock(block: string): RunEvent | undefined {
  const fields = new Map<string, string>()
  for (const line of block.split('\n')) {
    const [, name, value] = /^(\w+): ?(.*)$/s.exec(line) ?? []
    if (name !== undefined && value !== undefined) fields.set(name, value)
  }
  const [sequence, type, data] = ['id', 'event', 'data'].map((name) => fields.get(name))
  if (sequence === undefined || type === undefined || data === undefined) return undefined
  return { sequence: Number(sequence), type, data: type === 'frame' ? { frame: JSON.parse(data) } : JSON.parse(data) }
}

/** Whether a block only shows that the host is there. */
export function isHeartbeat(block: string): boolean {
  return block.startsWith(':')
}
