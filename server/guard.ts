import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { isLoopback, type ServeSettings } from './config.ts'

export type Policy = Pick<ServeSettings, 'listen' | 'tokens' | 'hostNames' | 'origins'>

/** Why a request is turned away. */
export interface Denial {
  readonly status: 401 | 403
  readonly message: string
  readonly remedy: string
}

/**
 * Turns away what a foreign web page could make a browser send: a Host that is not ours (DNS rebinding), an Origin that is
 * not the page's own, and what a browser says is for another site, such as an <img> there, which has no Origin. A token is
 * proof enough, since browsers never send it by themselves; and of an <img> nobody knows whether it is on a site that is
 * named.
 */
export function checkSite(headers: IncomingHttpHeaders, policy: Policy): Denial | undefined {
  const host = headers.host ?? ''
  const name = hostName(host)
  if (name === undefined || (policy.tokens.length === 0 && !isOurName(name, policy))) {
    return {
      status: 403,
      message: `The Host '${host}' is not one of this server's.`,
      remedy: `Call it by its address, or start it with --host ${name ?? 'NAME'}.`,
    }
  }
  const { origin } = headers
  if (origin !== undefined && !isSameSite(origin, host) && !policy.origins.includes(origin)) {
    return {
      status: 403,
      message: `Requests from the site '${origin}' are not answered.`,
      remedy: `Open the page from this server itself, or start it with --allow-origin ${origin}.`,
    }
  }
  if (isForOtherSite(headers) && policy.tokens.length === 0 && policy.origins.length === 0) {
    return {
      status: 403,
      message: 'Requests from other sites are not answered.',
      remedy: 'Open the address itself, or name the site with --allow-origin when you start the server.',
    }
  }
  return undefined
}

/** Whether a page of another site has asked, other than by a link that was followed (W3C Fetch Metadata). */
function isForOtherSite(headers: IncomingHttpHeaders): boolean {
  return headers['sec-fetch-site'] === 'cross-site' && headers['sec-fetch-dest'] !== 'document'
}

/** Checks the token in `Authorization: Bearer` or `?token=`. */
export function checkToken(headers: IncomingHttpHeaders, url: string, policy: Policy): Denial | undefined {
  if (policy.tokens.length === 0) return undefined
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
  const given = bearer ?? urlOf(url)?.searchParams.get('token') ?? undefined
  if (given !== undefined && policy.tokens.some((token) => sameText(given, token))) return undefined
  return {
    status: 401,
    message: 'The token is missing or wrong.',
    remedy: 'Send "Authorization: Bearer TOKEN", or add ?token=TOKEN to the address.',
  }
}

/** What a request asks for, which need not be an address. */
export function urlOf(target: string): URL | undefined {
  const base = 'http://localhost'
  return URL.canParse(target, base) ? new URL(target, base) : undefined
}

function hostName(host: string): string | undefined {
  try {
    return new URL(`http://${host}`).hostname.replace(/^\[(.*)\]$/, '$1')
  } catch {
    return undefined
  }
}

function isOurName(name: string, policy: Policy): boolean {
  return isLoopback(name) || name.endsWith('.localhost') || name === policy.listen || policy.hostNames.includes(name)
}

function isSameSite(origin: string, host: string): boolean {
  try {
    const site = new URL(origin)
    return site.host === new URL(`${site.protocol}//${host}`).host
  } catch {
    return false
  }
}

/** Compares in a time that says nothing about where the texts differ. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
