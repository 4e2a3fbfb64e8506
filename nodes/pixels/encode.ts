import type { RunContext } from '../sdk/context.ts'
import type { Frame } from '../sdk/values.ts'
import { encodePng } from './png.ts'
import { textChunks } from './png-text.ts'
import { depthOf, toDepth } from './samples.ts'

/** A frame as PNG: 16 bits for uint16, else 8 bits, rounded. @param chunks what else goes between header and pixels */
export async function encodeFrame(
  frame: Frame,
  texts: Readonly<Record<string, string>> = {},
  chunks: readonly Uint8Array[] = [],
): Promise<Uint8Array> {
  const samples = depthOf(frame.data) === 'uint16' ? frame : toDepth(frame, 'uint8')
  return encodePng(samples, [...textChunks(texts), ...chunks])
}

/** The text chunks by which ComfyUI finds the graph in a picture. */
export function graphTexts({ metadata }: Pick<RunContext, 'metadata'>): Record<string, string> {
  const texts = { prompt: metadata.prompt, ...metadata.extraPnginfo }
  return Object.fromEntries(
    Object.entries(texts).flatMap(([key, value]) => (value === undefined ? [] : [[key, JSON.stringify(value)]])),
  )
}
