import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import { readGraphTexts } from '../../server/graph/picture-text.ts'
import { isWorkflow } from '../../server/graph/workflow.ts'
import { isPrompt, readPrompt } from './read-prompt.ts'
import { type ReadGraph, readWorkflow } from './read-workflow.ts'

/** Larger files are refused before they are parsed: a graph of 20 000 nodes has a tenth of that. */
const MOST_LETTERS = 64 * 1024 * 1024

/** How a file is laid out, so that it is saved back the same way. */
export interface FileStyle {
  readonly indent: string
  /** What stands after the last brace. */
  readonly end: string
}

const OUR_STYLE: FileStyle = { indent: '  ', end: '\n' }

/** The layout of a file's text. */
export function styleOf(text: string): FileStyle {
  const indent = /^\s*\{\r?\n([ \t]+)"/.exec(text.slice(0, 200))?.[1] ?? ''
  return { indent, end: /\n$/.test(text) ? '\n' : '' }
}

/** A workflow as the text of a file. */
export function writeText(workflow: unknown, style: FileStyle = OUR_STYLE): string {
  return JSON.stringify(workflow, null, style.indent) + style.end
}

/** A graph from text, in the UI or in the API format. @throws RestorationError `workflow_invalid` */
export function readGraphText(text: string, types: Catalogue): ReadGraph {
  const json = parseJson(text)
  if (isWorkflow(json)) return readWorkflow(json, types)
  if (isPrompt(json)) return readPrompt(json, types)
  throw new RestorationError(
    'workflow_invalid',
    'This file holds no graph.',
    'Open a workflow that ComfyUI or this editor saved.',
  )
}

/** The graph that a saved picture carries, or why none of those that it carries can be read; undefined where it has none. */
export function readGraphPicture(
  bytes: Uint8Array,
  types: Catalogue,
): { read: ReadGraph } | { reason: string } | undefined {
  let reason: string | undefined
  for (const text of readGraphTexts(bytes)) {
    try {
      return { read: readGraphText(text, types) }
    } catch (error) {
      reason ??= error instanceof Error ? error.message : String(error)
    }
  }
  return reason === undefined ? undefined : { reason }
}

function parseJson(text: string): unknown {
  if (text.length > MOST_LETTERS) {
    throw new RestorationError(
      'workflow_invalid',
      `This file has ${Math.round(text.length / 2 ** 20)} MB; graphs of at most ${MOST_LETTERS / 2 ** 20} MB are opened.`,
      'Open a workflow that ComfyUI or this editor saved.',
    )
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new RestorationError(
      'workflow_invalid',
      'This file is not JSON that can be read.',
      'It may have been cut off; save it again.',
    )
  }
}
