/** How to start a program as a user to whom folders can be closed: to root all are open. */
export function asUser(program: string, args: readonly string[]): readonly [program: string, args: readonly string[]] {
  if (process.getuid?.() !== 0) return [program, args]
  return ['setpriv', ['--bounding-set', '-dac_override,-dac_read_search', program, ...args]]
}
