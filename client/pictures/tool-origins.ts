/** On which picture what is set on one was set, as far as it was seen. */
export class ToolOrigins {
  readonly #known = new Map<string, { readonly values: string; readonly picture: string }>()

  /**
   * @param tool which one it is
   * @param values what it is set to now
   * @param picture that it is for now
   * @returns the picture that was there when the values became what they are
   */
  of(tool: string, values: unknown, picture: string): string {
    const text = JSON.stringify(values)
    const known = this.#known.get(tool)
    if (known?.values === text) return known.picture
    this.#known.set(tool, { values: text, picture })
    return picture
  }
}
