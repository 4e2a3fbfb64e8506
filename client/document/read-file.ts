import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import { readPngText } from '../../server/graph/png-text.ts'
import { isWorkflow } from '../../server/graph/workflow.ts'
import { isPrompt, readPrompt } from './read-prompt.ts'
import { type ReadGraph, readWorkflow } from './read-workflow.ts'

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

/** The graph that a saved picture carries; undefined for a picture without one. */
export function readGraphPicture(bytes: Uint8Array, types: Catalogue): ReadGraph | undefined {
  const texts = readPngText(bytes)
  const text = texts.get('workflow') ?? texts.get('prompt')
  return text === undefined ? undefined : readGraphText(text, types)
}

function parseJson(text: string): unknown {
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
