import type { Prompt } from '../graph/prompt.ts'
import type { RunEvent } from './events.ts'
import type { ExecutionMessage } from './messages.ts'

/**
 * The message that goes to the client and into the history record, for the events that ComfyUI puts into both
 * (execution.py, PromptExecutor.add_message), and for warnings; undefined for all others.
 */
export function executionMessage(event: RunEvent, prompt: Prompt): ExecutionMessage | undefined {
  const base = { prompt_id: event.runId, timestamp: event.time }
  switch (event.type) {
    case 'started':
      return { type: 'execution_start', data: base }
    case 'cached':
      return { type: 'execution_cached', data: { nodes: event.nodes, ...base } }
    case 'node_text':
      return event.isWarning
        ? { type: 'execution_warning', data: { node_id: event.node, text: event.text, ...base } }
        : undefined
    case 'succeeded':
      return { type: 'execution_success', data: base }
    case 'failed': {
      const { error } = event
      return {
        type: 'execution_error',
        data: {
          ...base,
          node_id: error.node,
          node_type: error.nodeType,
          executed: error.executed,
          exception_message: `${error.message}\n`,
          exception_type: error.code,
          // Clients that do not know `remedy` show this under the message.
          traceback: [`${error.remedy}\n`],
          current_inputs: error.inputs,
          current_outputs: error.executed,
          code: error.code,
          remedy: error.remedy,
        },
      }
    }
    case 'interrupted':
      return {
        type: 'execution_interrupted',
        data: {
          ...base,
          node_id: event.node,
          node_type: event.node === null ? '' : (prompt[event.node]?.class_type ?? ''),
          executed: event.executed,
        },
      }
    default:
      return undefined
  }
}

/** Whether nothing follows this event in its run. */
export function isLast(event: RunEvent): boolean {
  return event.type === 'succeeded' || event.type === 'failed' || event.type === 'interrupted'
}
