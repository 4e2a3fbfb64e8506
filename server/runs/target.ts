import { lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { RestorationError } from '../../nodes/sdk/error.ts'

/**
 * The address of a webhook, if the host may call it: whoever can queue a graph must not be able to reach what only the
 * host can, so that what is not on the public internet is called only when it was named in the configuration.
 * @param allowed names and addresses, with or without a port, that may be called wherever they are
 * @throws RestorationError `invalid_input`
 */
export function checkTarget(text: string, allowed: readonly string[]): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new RestorationError(
      'invalid_input',
      `'${text.slice(0, 200)}' is no address for a webhook.`,
      'Give an address that begins with https:// or http://, without a user name.',
    )
  }
  const name = bareName(url)
  if (!isAllowed(url, allowed) && (isPrivateName(name) || (isIP(name) !== 0 && !isPublic(name)))) throw notPublic(name)
  return url
}

/**
 * Looks names up for a request, and fails for those that lead to an address that is not public: what was checked is what
 * is called.
 */
export function guardedLookup(url: URL, allowed: readonly string[], resolve = lookup): LookupFunction {
  const free = isAllowed(url, allowed)
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '', 0)
      const bad = free ? undefined : addresses.find(({ address }) => !isPublic(address))
      if (bad !== undefined) return callback(notPublic(hostname), '', 0)
      if (options.all === true) callback(null, addresses)
      else callback(null, addresses[0]?.address ?? '', addresses[0]?.family ?? 4)
    })
  }
}

/** What is given out of IPv6 so far (IANA's registry of its address space); beside it lie ways to write other addresses. */
const GLOBAL = ipaddr.IPv6.parseCIDR('2000::/3')
/** Azure's wire server looks public, and only the machine itself reaches it. */
const WIRE_SERVER = '168.63.129.16'

/** Whether an address is one of the public internet. */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const found = ipaddr.process(address)
  if (found.toString() === WIRE_SERVER || found.range() !== 'unicast') return false
  return found instanceof ipaddr.IPv4 || found.match(GLOBAL)
}

function isAllowed(url: URL, allowed: readonly string[]): boolean {
  return allowed.includes(bareName(url)) || allowed.includes(url.host)
}

function bareName(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1')
}

function isPrivateName(name: string): boolean {
  return name === 'localhost' || /\.(localhost|local|internal)$/.test(name)
}

function notPublic(name: string): RestorationError {
  return new RestorationError(
    'invalid_input',
    `'${name}' is not on the public internet.`,
    `If this host shall call it, start it with --webhook-target ${name}.`,
  )
}
