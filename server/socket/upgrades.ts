import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { checkSite, checkToken, type Policy, urlOf } from '../guard.ts'

/** Takes a request for a WebSocket that is let in. */
export type Accept = (request: IncomingMessage, socket: Duplex, head: Buffer, url: URL) => void

const PATHS: ReadonlySet<string> = new Set(['/ws', '/api/ws'])
const STATUS_TEXT = { 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found' }
/** How long a client that was refused may take to close its connection, in ms. */
const CLOSING = 1000

/** Answers the upgrade requests of a server: a WebSocket is accepted or refused, any other offer passed over. */
export function answerUpgrades(server: Server, policy: Policy, accept: Accept): void {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
      withoutUpgrade(server, request, socket, head)
      return
    }
    const target = request.url ?? '/'
    const url = urlOf(target)
    if (url === undefined || !PATHS.has(url.pathname)) {
      refuse(socket, 404)
      return
    }
    const denial = checkSite(request.headers, policy) ?? checkToken(request.headers, target, policy)
    if (denial === undefined) accept(request, socket, head, url)
    else refuse(socket, denial.status)
  })
}

/**
 * Answers and closes. The server has let go of the socket, so that nobody else would: what still comes is read over, since
 * its end is only seen after it, and a client that never ends is not waited for.
 */
function refuse(socket: Duplex, status: keyof typeof STATUS_TEXT): void {
  socket.on('error', () => undefined)
  socket.end(`HTTP/1.1 ${status} ${STATUS_TEXT[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), CLOSING)
  socket.once('close', () => clearTimeout(timer))
}

/**
 * Answers a request for another protocol, such as the `h2c` that Java's HttpClient and `curl --http2` offer, as the plain
 * request that it is too (RFC 9110, 7.8): its head goes back into the socket without the offer.
 */
function withoutUpgrade(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`]
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i]!
    if (!/^(connection|upgrade|http2-settings)$/i.test(name)) lines.push(`${name}: ${request.rawHeaders[i + 1]}`)
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  server.emit('connection', socket)
}
