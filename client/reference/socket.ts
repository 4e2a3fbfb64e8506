import { element } from '../browser/element.ts'
import type { Address } from '../host/address.ts'
import { exampleOf, type Schema, type Schemas } from './schema.ts'

/** What of the AsyncAPI document this page shows. */
export interface AsyncApi {
  readonly operations: Readonly<Record<'tell' | 'hear', { readonly messages: readonly { readonly $ref: string }[] }>>
  readonly components: {
    readonly schemas: Schemas
    readonly messages: Readonly<Record<string, SocketMessage>>
  }
}

interface SocketMessage {
  readonly name: string
  readonly title: string
  readonly description?: string
  readonly payload: Schema
}

const MOST_HEARD = 200

/** The socket: what it says and understands, and a line to it. */
export function socketSection(document: AsyncApi, address: Address): HTMLElement {
  const { messages, schemas } = document.components
  const named = (which: 'tell' | 'hear') =>
    document.operations[which].messages.flatMap(({ $ref }) => {
      const key = $ref.slice($ref.lastIndexOf('/') + 1)
      return messages[key] ?? []
    })
  const heard = element('ol', { class: 'heard', 'aria-live': 'polite', testid: 'heard' })
  const area = element('textarea', { rows: '4', spellcheck: 'false', 'aria-label': 'Message to send' })
  const choices = named('hear').filter(({ payload }) => payload.type === 'object')
  const choose = (message: SocketMessage) => {
    area.value = JSON.stringify(exampleOf(message.payload, schemas), null, 2)
  }
  let socket: WebSocket | undefined
  const connect = element('button', { type: 'button', testid: 'connect' }, 'Connect')
  const sendButton = element('button', { type: 'button', disabled: true }, 'Send')
  connect.addEventListener('click', () => {
    if (socket !== undefined) {
      socket.close()
      return
    }
    socket = new WebSocket(address.socket('api-page'))
    socket.binaryType = 'arraybuffer'
    connect.textContent = 'Disconnect'
    socket.addEventListener('open', () => sendButton.toggleAttribute('disabled', false))
    socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
      heard.prepend(element('li', {}, typeof data === 'string' ? data : `(${data.byteLength} bytes)`))
      while (heard.children.length > MOST_HEARD) heard.lastChild?.remove()
    })
    socket.addEventListener('close', () => {
      socket = undefined
      connect.textContent = 'Connect'
      sendButton.toggleAttribute('disabled', true)
    })
  })
  sendButton.addEventListener('click', () => socket?.send(area.value))
  if (choices[0] !== undefined) choose(choices[0])
  return element(
    'section',
    { id: 'socket' },
    element('h2', {}, 'Socket'),
    element('p', {}, element('code', {}, '/ws?clientId=NAME'), ' tells its client of its runs.'),
    element(
      'details',
      { class: 'operation', testid: 'socket' },
      element('summary', {}, element('span', { class: 'method get' }, 'WS'), element('code', {}, '/ws')),
      element('div', { class: 'row' }, connect, sendButton, ...choices.map((message) => chooser(message, choose))),
      area,
      heard,
    ),
    list('The host tells', named('tell')),
    list('The host understands', named('hear')),
  )
}

function chooser(message: SocketMessage, choose: (message: SocketMessage) => void): HTMLElement {
  const button = element('button', { type: 'button', class: 'plain' }, message.name)
  button.addEventListener('click', () => choose(message))
  return button
}

function list(title: string, messages: readonly SocketMessage[]): HTMLElement {
  const rows = messages.map(({ name, title, description = '' }) =>
    element(
      'li',
      {},
      element('code', {}, name),
      title === name ? '' : ` ${title}`,
      element('small', {}, ` ${description}`),
    ),
  )
  return element('details', { class: 'operation' }, element('summary', {}, title), element('ul', {}, ...rows))
}
