/**
 * Whether an output may feed an input. A type is one name, a comma list of alternatives, or `*`
 * (ComfyUI comfy_execution/validation.py).
 */
export function canConnect(outputType: string, inputType: string): boolean {
  if (outputType === '*' || inputType === '*') return true
  const accepted = inputType.split(',')
  return outputType.split(',').every((type) => accepted.includes(type))
}

/** Types whose values a graph may also hold as constants, sockets included (ComfyUI: forceInput). */
export function isWidgetType(type: string): type is 'INT' | 'FLOAT' | 'STRING' | 'BOOLEAN' {
  return type === 'INT' || type === 'FLOAT' || type === 'STRING' || type === 'BOOLEAN'
}
