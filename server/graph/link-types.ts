/**
 * Whether an output may feed an input. A type is one name, a comma list of alternatives, or `*`
 * (ComfyUI comfy_execution/validation.py).
 */
export function canConnect(outputType: string, inputType: string): boolean {
  if (outputType === '*' || inputType === '*') return true
  const accepted = inputType.split(',')
  return outputType.split(',').every((type) => accepted.includes(type))
}

/** Whether one of the alternatives of a type is one of the other's. */
export function overlap(type: string, other: string): boolean {
  if (type === '*' || other === '*') return true
  const accepted = other.split(',')
  return type.split(',').some((one) => accepted.includes(one))
}

/** Types whose values a graph may also hold as constants, sockets included (ComfyUI: forceInput). */
export function isWidgetType(type: string): type is 'INT' | 'FLOAT' | 'STRING' | 'BOOLEAN' {
  return type === 'INT' || type === 'FLOAT' || type === 'STRING' || type === 'BOOLEAN'
}
