import { element } from '../browser/element.ts'
import type { Address } from '../host/address.ts'
import { exampleOf, kindOf, type Schema, type Schemas } from './schema.ts'

/** One operation of the OpenAPI document. */
export interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> }
  readonly responses: Readonly<Record<string, Answer>>
}

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly required?: boolean
  readonly description?: string
  readonly schema: Schema
}

interface Answer {
  readonly description: string
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>
}

/** An operation as a card that can be opened, filled in and sent. */
export function operationCard(
  method: string,
  path: string,
  operation: Operation,
  schemas: Schemas,
  address: Address,
): HTMLElement {
  const fields = (operation.parameters ?? []).map(parameterField)
  const body = bodyField(operation, schemas)
  const answer = element('div', { class: 'answer', 'aria-live': 'polite', testid: 'answer' })
  const form = element(
    'form',
    {},
    ...fields.map(({ row }) => row),
    ...(body === undefined ? [] : [body.row]),
    element('button', { type: 'submit' }, 'Send'),
    answer,
  )
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const filled = fields.map(({ parameter, input }) => ({ ...parameter, value: input.value }))
    const url = address.of(`api${pathOf(path, filled)}`, queryOf(filled))
    void send(url, { method: method.toUpperCase(), ...body?.content() }, answer)
  })
  return element(
    'details',
    { class: 'operation', testid: operation.operationId },
    element(
      'summary',
      {},
      element('span', { class: `method ${method}` }, method.toUpperCase()),
      element('code', {}, path),
      element('span', { class: 'quiet' }, operation.summary),
    ),
    form,
    answersList(operation),
  )
}

interface Filled extends Parameter {
  readonly value: string
}

function pathOf(path: string, filled: readonly Filled[]): string {
  return filled
    .filter((one) => one.in === 'path')
    .reduce((result, { name, value }) => result.replace(`{${name}}`, encodeURIComponent(value)), path)
}

function queryOf(filled: readonly Filled[]): Record<string, string> {
  const given = filled.filter((one) => one.in === 'query' && one.value !== '')
  return Object.fromEntries(given.map(({ name, value }) => [name, value]))
}

function parameterField(parameter: Parameter) {
  const { name, required = false, schema, description } = parameter
  const kind = kindOf(schema)
  const byDefault = schema.default === undefined || schema.default === '' ? '' : `, else ${String(schema.default)}`
  const input = element('input', { name, required, placeholder: `${kind}${byDefault}`, autocomplete: 'off' })
  return { parameter, input, row: labelled(name, input, description) }
}

interface BodyField {
  readonly row: HTMLElement
  content(): RequestInit
}

/** What a body is written into; where it may be of several types, one of them is chosen. */
function bodyField({ requestBody }: Operation, schemas: Schemas): BodyField | undefined {
  const types = Object.entries(requestBody?.content ?? {})
  const fields = types.map(([type, { schema = {} }]) => fieldOf(type, schema, schemas))
  if (fields.length < 2) return fields[0]
  const choice = element('select', {}, ...types.map(([type]) => element('option', {}, type)))
  const chosen = () => fields[choice.selectedIndex]!
  const place = element('div', {}, chosen().row)
  choice.addEventListener('change', () => place.replaceChildren(chosen().row))
  return { row: element('div', {}, labelled('as', choice), place), content: () => chosen().content() }
}

function fieldOf(type: string, schema: Schema, schemas: Schemas): BodyField {
  switch (type) {
    case 'application/json':
      return jsonField(type, schema, schemas)
    case 'multipart/form-data':
      return formFields(schema)
    default: {
      const file = element('input', { type: 'file', required: true })
      return { row: labelled('file', file), content: () => ({ body: file.files?.[0] ?? null }) }
    }
  }
}

function jsonField(type: string, schema: Schema, schemas: Schemas): BodyField {
  const text = JSON.stringify(exampleOf(schema, schemas), null, 2) ?? ''
  const area = element('textarea', { rows: String(Math.min(14, text.split('\n').length + 1)), spellcheck: 'false' })
  area.value = text
  return {
    row: labelled('body', area),
    content: () => ({ headers: { 'Content-Type': type }, body: area.value }),
  }
}

function formFields({ properties = {}, required = [] }: Schema): BodyField {
  const fields = Object.entries(properties).map(([name, property]) => {
    const isNeeded = required.includes(name)
    const input =
      property.contentMediaType === undefined
        ? element('input', { placeholder: kindOf(property), autocomplete: 'off', required: isNeeded })
        : element('input', { type: 'file', required: isNeeded })
    return { name, input, row: labelled(name, input, property.description) }
  })
  return {
    row: element('div', {}, ...fields.map(({ row }) => row)),
    content: () => {
      const form = new FormData()
      for (const { name, input } of fields) {
        const [file] = input.files ?? []
        if (file !== undefined) form.set(name, file)
        else if (input.value !== '') form.set(name, input.value)
      }
      return { body: form }
    },
  }
}

function labelled(name: string, field: HTMLElement, description = ''): HTMLElement {
  return element('label', {}, element('span', {}, name), field, element('small', { class: 'quiet' }, description))
}

function answersList({ responses }: Operation): HTMLElement {
  const rows = Object.entries(responses).map(([status, { description, content = {} }]) => {
    const kinds = Object.entries(content).map(([type, { schema }]) => (schema === undefined ? type : kindOf(schema)))
    return element(
      'li',
      {},
      element('code', {}, status),
      ` ${description}`,
      element('span', { class: 'quiet' }, ` ${kinds.join(' | ')}`),
    )
  })
  return element('ul', { class: 'answers', 'aria-label': 'Answers' }, ...rows)
}

async function send(url: string, init: RequestInit, answer: HTMLElement): Promise<void> {
  answer.replaceChildren('…')
  const start = performance.now()
  try {
    const response = await fetch(url, init)
    const shown = await showBody(response)
    const time = Math.round(performance.now() - start)
    const kind = response.headers.get('content-type') ?? ''
    const head = element('p', {}, element('strong', {}, String(response.status)), ` ${kind} ${time} ms`)
    answer.replaceChildren(head, shown)
  } catch {
    answer.replaceChildren(element('p', { class: 'bad' }, 'The host does not answer.'))
  }
}

const MOST_SHOWN = 100_000

/** Pictures as pictures, JSON laid out, other text as it is. */
async function showBody(response: Response): Promise<HTMLElement> {
  const type = response.headers.get('content-type') ?? ''
  if (type.startsWith('image/')) {
    const picture = element('img', { alt: 'The picture that came back' })
    picture.src = URL.createObjectURL(await response.blob())
    picture.addEventListener('load', () => URL.revokeObjectURL(picture.src), { once: true })
    return picture
  }
  const text = await response.text()
  return element('pre', {}, (type.includes('json') ? laidOut(text) : text).slice(0, MOST_SHOWN))
}

function laidOut(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
