import type { NodeDescription, ParameterDescription } from '../../nodes/sdk/description.ts'
import { fieldLabel, formatNumber } from './parameters.ts'

/** A part of a node that has words of its own. */
export type NodePart =
  | { readonly kind: 'title' }
  | { readonly kind: 'input' | 'field'; readonly name: string }
  | { readonly kind: 'output'; readonly index: number }

export interface PartWords {
  /** What it is called; of a socket also its type. */
  readonly heading: string
  readonly text: string
}

/** What the definition of a node says of a part of it; undefined where it says nothing that is not drawn. */
export function wordsOfPart(type: NodeDescription, part: NodePart): PartWords | undefined {
  switch (part.kind) {
    case 'title':
      return type.summary === '' ? undefined : { heading: type.title, text: type.summary }
    case 'input': {
      const socket = type.inputs.find(({ name }) => name === part.name)
      if (socket === undefined) return wordsOfPart(type, { kind: 'field', name: part.name })
      const need = socket.required ? '' : 'May stay empty.'
      return { heading: `${fieldLabel(socket.name)}: ${socket.type}`, text: sentences(socket.tooltip, need) }
    }
    case 'output': {
      const socket = type.outputs[part.index]
      if (socket === undefined) return undefined
      const heading = socket.name === socket.type ? socket.type : `${fieldLabel(socket.name)}: ${socket.type}`
      return { heading, text: sentences(socket.tooltip, socket.list ? 'A list: what follows works on each.' : '') }
    }
    case 'field': {
      const parameter = type.parameters.find(({ name }) => name === part.name)
      if (parameter === undefined) return undefined
      return { heading: fieldLabel(parameter.name), text: sentences(parameter.tooltip, rangeOf(parameter)) }
    }
  }
}

/** Which values a parameter takes, and where it begins. */
function rangeOf(parameter: ParameterDescription): string {
  switch (parameter.kind) {
    case 'INT':
    case 'FLOAT': {
      const [least, most, start] = [parameter.min, parameter.max, parameter.default].map((value) =>
        formatNumber(parameter, value),
      )
      const isBounded = Number.isFinite(parameter.min) && Math.abs(parameter.max) < 1e9
      return isBounded ? `${least} to ${most}; ${start} to begin with.` : `${start} to begin with.`
    }
    case 'COMBO':
      return parameter.default === undefined || parameter.default === '' ? '' : `${parameter.default} to begin with.`
    case 'BOOLEAN':
      return `${parameter.default ? 'On' : 'Off'} to begin with.`
    case 'STRING':
      return ''
  }
}

function sentences(...parts: readonly (string | undefined)[]): string {
  return parts.filter(Boolean).join(' ')
}
