/** Names by which sockets can be told apart: a name that comes again gets a number. */
export function uniqueNames(sockets: readonly { readonly name: string }[]): string[] {
  const taken = new Set<string>()
  const numbers = new Map<string, number>()
  return sockets.map(({ name }) => {
    let unique = name
    for (let n = numbers.get(name) ?? 2; taken.has(unique); n++) {
      unique = `${name} (${n})`
      numbers.set(name, n + 1)
    }
    taken.add(unique)
    return unique
  })
}
