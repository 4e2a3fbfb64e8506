/**
 * Whether an output may feed an input: one of the alternatives of its type is one of the input's. A type is one name, a
 * comma list of alternatives, or `*` (ComfyUI comfy_execution/validation.py).
 */
export function canConnect(outputType: string, inputType: string): boolean {
  if (outputType === inputType || outputType === '*' || inputType === '*') return true
  const accepted = alternatives(inputType)
  return alternatives(outputType).some((type) => accepted.includes(type))
}

function alternatives(type: string): readonly string[] {
  return type.split(',').map((one) => one.trim())
}

/** Types whose values a graph may also hold as constants, sockets included (ComfyUI: forceInput). */
export function isWidgetType(type: string): type is 'INT' | 'FLOAT' | 'STRING' | 'BOOLEAN' {
  return type === 'INT' || type === 'FLOAT' || type === 'STRING' || type === 'BOOLEAN'
}
