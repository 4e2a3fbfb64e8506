import { byId, element } from '../browser/element.ts'
import { Address } from '../host/address.ts'
import { type Operation, operationCard } from './operation.ts'
import type { Schemas } from './schema.ts'
import { type AsyncApi, socketSection } from './socket.ts'

/** The page at /api.html: what the host says of its API, with a form for each route. */

interface OpenApi {
  readonly info: { readonly description: string; readonly version: string }
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Schemas }
}

const address = new Address(new URL(location.href), sessionStorage)

async function load<T>(path: string): Promise<T> {
  const response = await fetch(address.of(path))
  if (!response.ok) throw new Error(`The host answered ${response.status}; add ?token=… to the address if it has one.`)
  return response.json() as Promise<T>
}

async function show(): Promise<void> {
  const [openapi, asyncapi] = await Promise.all([load<OpenApi>('openapi.json'), load<AsyncApi>('asyncapi.json')])
  const { info, tags, paths, components } = openapi
  byId('about', HTMLElement).append(
    `${info.description} Version ${info.version}. `,
    element('a', { href: address.of('openapi.json') }, 'openapi.json'),
    ' · ',
    element('a', { href: address.of('asyncapi.json') }, 'asyncapi.json'),
  )
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  const sections = tags.map(({ name }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name))
    const cards = own.map(({ path, method, operation }) =>
      operationCard(method, path, operation, components.schemas, address),
    )
    return element('section', { id: name }, element('h2', {}, name), ...cards)
  })
  byId('contents', HTMLElement).append(
    ...[...tags.map(({ name }) => name), 'socket'].map((name) =>
      element('a', { href: `#${encodeURIComponent(name)}` }, name === 'socket' ? 'Socket' : name),
    ),
  )
  byId('reference', HTMLElement).append(...sections, socketSection(asyncapi, address))
}

show().catch((error: Error) => {
  byId('reference', HTMLElement).append(element('p', { class: 'bad' }, error.message))
})
