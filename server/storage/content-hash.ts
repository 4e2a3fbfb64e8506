/** SHA-256 of a content, hexadecimal; computed beside the event loop, which a large file would hold up. */
export async function contentHash(bytes: Uint8Array): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(bytes))).toString('hex')
}
