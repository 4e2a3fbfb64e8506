import type { NodeDescription, NumberParameter, ParameterDescription } from '../../nodes/sdk/description.ts'

/** The category of nodes that are made of subgraphs. */
export const SUBGRAPHS = 'subgraphs'

/** A parameter as people read it; a promoted one has the way to its inside before it. */
export function fieldLabel(name: string): string {
  return name.replace(/^(-?\d+\s*:\s*)+/, '').replaceAll('_', ' ')
}

/** What a new node starts with. */
export function defaultParams(type: NodeDescription): Record<string, unknown> {
  return Object.fromEntries(type.parameters.map((parameter) => [parameter.name, defaultOf(parameter)]))
}

function defaultOf(parameter: ParameterDescription): unknown {
  return parameter.kind === 'COMBO' ? (parameter.default ?? parameter.options[0] ?? '') : parameter.default
}

/** The nearest value that the parameter takes: on its step, between its bounds. */
export function fitNumber(parameter: NumberParameter, value: number): number {
  const { min, max, step } = parameter
  const origin = Number.isFinite(min) ? min : 0
  const onStep = origin + Math.round((value - origin) / step) * step
  const bounded = Math.min(max, Math.max(min, onStep))
  return parameter.kind === 'INT' ? Math.round(bounded) : Number(bounded.toFixed(decimalsOf(step)))
}

/** A number that a person typed, comma or point; undefined when it is none. */
export function readNumber(text: string): number | undefined {
  const cleaned = text.trim().replace(',', '.')
  const value = Number(cleaned)
  return cleaned === '' || !Number.isFinite(value) ? undefined : value
}

export function formatNumber(parameter: NumberParameter, value: number): string {
  return parameter.kind === 'INT' ? String(value) : value.toFixed(Math.max(1, decimalsOf(parameter.step)))
}

/** Digits after the point that a step needs, at most 6. */
function decimalsOf(step: number): number {
  let digits = 0
  for (let scaled = step; digits < 6 && Math.abs(scaled - Math.round(scaled)) > 1e-6; digits++) scaled *= 10
  return digits
}
