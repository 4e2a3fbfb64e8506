import type { NumberParameter } from '../../nodes/sdk/description.ts'
import { element } from '../browser/element.ts'
import { fieldLabel, formatNumber, readNumber } from '../document/parameters.ts'
import { ARROWS, stepsOf } from './viewer-tool.ts'

/** A number that is set on a picture, for typing; up and down change it by a step. */
export class ToolField {
  readonly root: HTMLElement
  readonly #input: HTMLInputElement
  readonly #parameter: NumberParameter
  #value = 0

  /** @param change a number was typed, whatever its bounds */
  constructor(parameter: NumberParameter, change: (value: number) => void) {
    const { name, step } = parameter
    this.#parameter = parameter
    this.#input = element('input', { class: 'tool-input', type: 'text', inputmode: 'decimal', testid: `tool-${name}` })
    this.root = element('label', { class: 'tool-field' }, fieldLabel(name), this.#input)
    this.#input.addEventListener('input', () => {
      const value = readNumber(this.#input.value)
      if (value !== undefined) change(value)
    })
    this.#input.addEventListener('keydown', (event) => {
      const down = ARROWS[event.key]?.[1] ?? 0
      if (down === 0) return
      event.preventDefault()
      change(this.#value - down * step * stepsOf(event))
      this.#write()
    })
    this.#input.addEventListener('change', () => this.#write())
  }

  /** What is being typed stays as it is typed. */
  show(value: number): void {
    this.#value = value
    if (this.#input !== document.activeElement) this.#write()
  }

  #write(): void {
    this.#input.value = formatNumber(this.#parameter, this.#value)
  }
}
