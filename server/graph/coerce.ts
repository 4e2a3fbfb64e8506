import type { ParameterDescription } from '../../nodes/sdk/description.ts'

export type Coerced = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string }

/**
 * Turns a constant of a prompt into the parameter's type as ComfyUI does ("1.25" is a FLOAT, 3.7 is the INT 3),
 * except that the strings "false" and "0" are false.
 */
export function coerce(kind: ParameterDescription['kind'], value: unknown): Coerced {
  switch (kind) {
    case 'INT': {
      const number = asNumber(value, /^\s*[+-]?\d+\s*$/)
      return number === undefined ? refused(value, 'a whole number') : accepted(Math.trunc(number))
    }
    case 'FLOAT': {
      const number = asNumber(value, /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i)
      return number === undefined ? refused(value, 'a number') : accepted(number)
    }
    case 'BOOLEAN':
      if (typeof value === 'boolean') return accepted(value)
      if (typeof value === 'number') return accepted(value !== 0)
      if (typeof value === 'string')
        return accepted(!['', '0', 'false', 'no', 'off'].includes(value.trim().toLowerCase()))
      return refused(value, 'true or false')
    case 'STRING':
      return typeof value === 'object' ? refused(value, 'text') : accepted(String(value))
    case 'COMBO':
      return accepted(typeof value === 'number' || typeof value === 'boolean' ? String(value) : value)
  }
}

/** What a constant of a prompt is: `{"__value__": …}` wraps a literal array. */
export function unwrap(value: unknown): unknown {
  return typeof value === 'object' && value !== null && '__value__' in value ? value.__value__ : value
}

function accepted(value: unknown): Coerced {
  return { ok: true, value }
}

function refused(value: unknown, expected: string): Coerced {
  return { ok: false, reason: `expected ${expected} but received ${JSON.stringify(value)}` }
}

function asNumber(value: unknown, form: RegExp): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'string') return form.test(value) ? Number(value) : undefined
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}
