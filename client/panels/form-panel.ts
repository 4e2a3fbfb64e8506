import type { ComboParameter, NumberParameter } from '../../nodes/sdk/description.ts'
import { element, icon } from '../browser/element.ts'
import { type Form, type FormField, labelOf, pictureFields } from '../document/form.ts'
import { fitNumber, formatNumber, readNumber } from '../document/parameters.ts'
import { type FileReference, inputReference } from '../host/address.ts'
import { progressOf, type RunBoard } from '../host/run-board.ts'
import { savedFiles } from '../host/run-result.ts'
import type { Outlook } from '../host/scale-outlook.ts'
import { type ScaleWords, wordsOfScale } from '../host/scale-words.ts'
import { STRINGS } from '../strings.ts'
import { progressWords } from './runs-panel.ts'

export interface FormActions {
  address(file: FileReference): string
  original(file: FileReference): string
  choosePicture(field: FormField): void
  set(field: FormField, value: unknown): void
  show(file: FileReference): void
  zip(files: readonly FileReference[]): void
  /** Opens the picture that goes into the node of a field, to set it there. */
  draw(field: FormField): void
  /** Sets the node of a field so that it leaves the picture as it is. */
  reset(field: FormField): void
  run(): void
  cancel(): void
}

const WORDS = STRINGS.form

/** The graph for those who do not want to wire: only the settings that matter, one button, and what came out. */
export class FormPanel {
  readonly root: HTMLElement
  readonly #actions: FormActions
  readonly #title = element('h1', { class: 'form-title' })
  readonly #fields = element('div', { class: 'form-fields', testid: 'form-fields' })
  readonly #more = element('details', { class: 'form-more' }, element('summary', {}, WORDS.more))
  readonly #moreFields = element('div', { class: 'form-fields' })
  readonly #run = element(
    'button',
    { type: 'button', class: 'button button-primary form-run', testid: 'form-run' },
    icon('M4 2.5v11l9-5.5z'),
    WORDS.run,
  )
  readonly #cancel = element('button', { type: 'button', class: 'button', testid: 'form-cancel' }, WORDS.cancel)
  readonly #fill = element('div', { class: 'runs-progress-fill' })
  readonly #progress = element('div', { class: 'runs-progress' }, this.#fill)
  readonly #words = element('p', { class: 'form-words', testid: 'form-words', role: 'status' })
  readonly #warnings = element('div', { class: 'form-warnings', testid: 'form-warnings', role: 'status' })
  readonly #results = element('div', { class: 'form-results', testid: 'form-results' })
  /** What the fields are of, without their values. */
  #shape = ''
  readonly #controls = new Map<string, (field: FormField) => void>()
  readonly #notes = new Map<string, (outlook: Outlook | undefined) => void>()
  readonly #originNotes = new Map<string, (origin: string | undefined) => void>()
  #firstPicture: FormField | undefined

  constructor(actions: FormActions) {
    this.#actions = actions
    this.#more.append(this.#moreFields)
    this.#run.addEventListener('click', () => actions.run())
    this.#cancel.addEventListener('click', () => actions.cancel())
    this.root = element(
      'section',
      { class: 'form', testid: 'form', 'aria-label': WORDS.region, hidden: true },
      element('div', { class: 'form-scroll' }, this.#title, this.#fields, this.#more),
      element(
        'div',
        { class: 'form-foot' },
        this.#progress,
        this.#words,
        this.#warnings,
        this.#results,
        element('div', { class: 'form-buttons' }, this.#run, this.#cancel),
      ),
    )
  }

  /**
   * Values change in place, so that a field which has the focus keeps it.
   * @param outlookOf what comes of a scale, where that is known
   * @param originOf the name of the picture that a field was set on, where that is another by now
   */
  show(
    title: string,
    form: Form,
    outlookOf: (field: FormField) => Outlook | undefined,
    originOf: (field: FormField) => string | undefined,
  ): void {
    const { fields, more } = form
    this.#title.textContent = title
    const shape = JSON.stringify(
      [fields, more].map((list) => list.map((one) => [keyOf(one), one.label, optionsOf(one), one.isDrawn])),
    )
    if (shape !== this.#shape) {
      this.#shape = shape
      this.#controls.clear()
      this.#notes.clear()
      this.#originNotes.clear()
      this.#firstPicture = pictureFields(form)[0]
      this.#fields.replaceChildren(
        ...(fields.length === 0 ? [element('p', { class: 'form-words' }, WORDS.nothing)] : []),
        ...fields.map((field) => this.#field(field, isFirstDrawn(field, form))),
      )
      this.#moreFields.replaceChildren(...more.map((field) => this.#field(field, isFirstDrawn(field, form))))
      this.#more.hidden = more.length === 0
    }
    for (const field of [...fields, ...more]) {
      this.#controls.get(keyOf(field))?.(field)
      this.#notes.get(keyOf(field))?.(outlookOf(field))
      this.#originNotes.get(keyOf(field))?.(originOf(field))
    }
  }

  /** @param canCancel whether anything goes on that can be stopped. @param warnings of its nodes */
  showRun(board: RunBoard, canCancel: boolean, warnings: readonly string[]): void {
    const isRunning = board.state === 'running'
    this.#progress.hidden = !isRunning
    this.#cancel.hidden = !canCancel
    this.#run.disabled = isRunning
    this.#fill.style.width = `${Math.round(progressOf(board) * 100)}%`
    const failure = [...board.nodes.values()].find(({ error }) => error !== undefined)?.error
    this.#words.textContent = isRunning
      ? progressWords(board)
      : board.state === 'failed'
        ? (failure ?? WORDS.failed)
        : ''
    this.#words.toggleAttribute('data-failed', board.state === 'failed')
    // Else a screen reader says it again with each step of the run.
    if (this.#warnings.textContent !== warnings.join('\n')) this.#warnings.textContent = warnings.join('\n')
    this.#showResults(isRunning ? [] : savedBy(board))
  }

  #showResults(files: readonly FileReference[]): void {
    this.#results.hidden = files.length === 0
    this.#results.replaceChildren(
      ...files.map((file) =>
        element(
          'a',
          {
            class: 'button form-download',
            testid: 'form-download',
            href: this.#actions.original(file),
            download: file.filename,
          },
          icon('M8 2.5v7.5M4.5 7 8 10.5 11.5 7M2.5 13.5h11'),
          element('span', { class: 'form-download-name' }, WORDS.download(file.filename)),
        ),
      ),
      ...(files.length > 1 ? [this.#zipButton(files)] : []),
    )
  }

  #zipButton(files: readonly FileReference[]): HTMLElement {
    const button = element('button', { type: 'button', class: 'button', testid: 'form-zip' }, STRINGS.zip.all)
    button.addEventListener('click', () => this.#actions.zip(files))
    return button
  }

  /** @param hasTool whether it has the button of what is set on a picture */
  #field(field: FormField, hasTool: boolean): HTMLElement {
    const { parameter } = field
    const id = `form-${keyOf(field)}`
    const tooltip = parameter.tooltip === undefined ? [] : [element('small', { class: 'form-hint' }, parameter.tooltip)]
    if (field.isPicture) return this.#pictureField(field)
    if (field.rectangle !== undefined) return this.#rectangleField(field)
    const options = parameter.kind === 'COMBO' ? fewOptions(parameter) : undefined
    const [label, control] =
      options === undefined
        ? [element('label', { for: id }, field.label), this.#control(field, id)]
        : [element('span', { class: 'form-label', id }, field.label), this.#choice(field, options, id)]
    const tool = hasTool ? [this.#drawButton(field), this.#originNote(field)] : []
    return element(
      'div',
      { class: 'form-field', testid: `field-${parameter.name}` },
      label,
      control,
      ...tool,
      ...tooltip,
    )
  }

  /** What is cut out, in words: it is set on the picture, and its numbers are under it there. */
  #rectangleField(field: FormField): HTMLElement {
    const id = `form-${keyOf(field)}`
    const words = element('span', { class: 'form-rectangle', role: 'status' })
    const button = this.#drawButton(field)
    button.setAttribute('aria-describedby', id)
    this.#controls.set(keyOf(field), ({ rectangle }) => {
      words.textContent = rectangle?.cut === undefined ? WORDS.whole : WORDS.rectangle(rectangle.cut)
    })
    return element(
      'div',
      { class: 'form-field', testid: `field-${field.parameter.name}`, role: 'group', 'aria-labelledby': id },
      element('span', { class: 'form-label', id }, field.label),
      element('div', { class: 'form-row' }, words, button),
      this.#originNote(field),
    )
  }

  #drawButton(field: FormField): HTMLElement {
    const draw = element('button', { type: 'button', class: 'button', testid: 'form-draw' }, STRINGS.drawing.label)
    draw.addEventListener('click', () => this.#actions.draw(field))
    return draw
  }

  /** That what is set on a picture was set on another one. */
  #originNote(field: FormField): HTMLElement {
    const words = element('span')
    const button = element('button', { type: 'button', class: 'button', testid: 'origin-reset' }, WORDS.origin.reset)
    button.title = WORDS.origin.resetTitle
    button.addEventListener('click', () => this.#actions.reset(field))
    const note = element(
      'div',
      { class: 'form-note', testid: 'origin-note', role: 'status', hidden: true },
      words,
      button,
    )
    this.#originNotes.set(keyOf(field), (origin) => {
      note.hidden = origin === undefined
      words.textContent = origin === undefined ? '' : WORDS.origin.words(origin)
    })
    return note
  }

  /** A few options side by side: all of them are seen, and one press chooses. */
  #choice(field: FormField, options: readonly string[], label: string): HTMLElement {
    const buttons = options.map((option) => {
      const radio = element('input', { type: 'radio', name: label, value: option, testid: `option-${option}` })
      radio.addEventListener('change', () => this.#actions.set(field, option))
      return { radio, option }
    })
    this.#controls.set(keyOf(field), ({ value }) => {
      for (const { radio, option } of buttons) radio.checked = option === value
    })
    return element(
      'div',
      { class: 'form-choice', role: 'radiogroup', 'aria-labelledby': label },
      ...buttons.map(({ radio, option }) => element('label', { class: 'form-option' }, radio, optionLabel(option))),
    )
  }

  /** A picture, large enough to be seen; it takes what is dropped on it, the first what is dropped anywhere. */
  #pictureField(field: FormField): HTMLElement {
    const picture = element('img', { class: 'form-picture', alt: '' })
    const name = element('span', { class: 'form-name' })
    const open = element('button', { type: 'button', class: 'form-photo', testid: 'form-photo' }, picture)
    const choose = element('button', { type: 'button', class: 'button', testid: 'form-choose' }, WORDS.choose)
    let shown: FileReference | undefined
    choose.addEventListener('click', () => this.#actions.choosePicture(field))
    open.addEventListener('click', () => {
      if (shown === undefined) this.#actions.choosePicture(field)
      else this.#actions.show(shown)
    })
    this.#controls.set(keyOf(field), ({ value, label }) => {
      const file = typeof value === 'string' && value !== '' ? inputReference(value) : undefined
      if (JSON.stringify(file) === JSON.stringify(shown) && name.textContent !== '') return
      shown = file
      picture.hidden = file === undefined
      if (file !== undefined) picture.src = this.#actions.address(file)
      open.setAttribute('aria-label', file === undefined ? WORDS.choose : `${label}: ${file.filename}`)
      name.textContent = file?.filename ?? WORDS.noPicture
    })
    return element(
      'div',
      {
        class: 'form-field form-field-picture',
        testid: `field-${field.parameter.name}`,
        'data-node': field.node,
        'data-parameter': field.parameter.name,
      },
      element('span', { class: 'form-label' }, field.label),
      open,
      element('div', { class: 'form-row' }, name, choose),
      element('small', { class: 'form-hint' }, field === this.#firstPicture ? WORDS.dropAnywhere : WORDS.dropHere),
    )
  }

  #control(field: FormField, id: string): HTMLElement {
    const { parameter } = field
    switch (parameter.kind) {
      case 'INT':
      case 'FLOAT':
        return this.#number(field, parameter, id)
      case 'COMBO': {
        const options = parameter.options.map((option) => element('option', { value: option }, option))
        const select = element('select', { id, class: 'form-input' }, ...options)
        select.addEventListener('change', () => this.#actions.set(field, select.value))
        this.#follow(field, select)
        return element('div', { class: 'form-select' }, select, icon('M4 6.5 8 10.5 12 6.5'))
      }
      case 'BOOLEAN': {
        const box = element('input', { id, type: 'checkbox', class: 'form-check' })
        box.addEventListener('change', () => this.#actions.set(field, box.checked))
        this.#controls.set(keyOf(field), ({ value }) => {
          box.checked = value === true
        })
        return box
      }
      case 'STRING': {
        const text = parameter.multiline
          ? element('textarea', { id, class: 'form-input', rows: '4' })
          : element('input', { id, class: 'form-input', type: 'text' })
        text.addEventListener('change', () => this.#actions.set(field, text.value))
        this.#follow(field, text)
        return text
      }
    }
  }

  #follow(field: FormField, input: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement): void {
    this.#controls.set(keyOf(field), ({ value }) => {
      if (input !== document.activeElement) input.value = String(value ?? '')
    })
  }

  #number(field: FormField, parameter: NumberParameter, id: string): HTMLElement {
    const number = element('input', { id, class: 'form-input form-number', type: 'text', inputmode: 'decimal' })
    const hasRange = Number.isFinite(parameter.min) && Number.isFinite(parameter.max)
    const range = element('input', {
      class: 'form-range',
      type: 'range',
      'aria-label': field.label,
      min: String(parameter.min),
      max: String(parameter.max),
      step: String(parameter.step),
    })
    let now = Number(field.value)
    const set = (text: string) => {
      const value = readNumber(text)
      if (value !== undefined) this.#actions.set(field, fitNumber(parameter, value))
      number.value = formatNumber(parameter, value === undefined ? now : fitNumber(parameter, value))
    }
    number.addEventListener('change', () => set(number.value))
    const fill = () => {
      const part = (Number(range.value) - parameter.min) / (parameter.max - parameter.min)
      range.style.setProperty('--part', `${(100 * part).toFixed(1)}%`)
    }
    range.addEventListener('input', () => {
      number.value = formatNumber(parameter, Number(range.value))
      fill()
    })
    range.addEventListener('change', () => set(range.value))
    this.#controls.set(keyOf(field), ({ value }) => {
      now = Number(value)
      range.value = String(now)
      fill()
      if (number !== document.activeElement) number.value = formatNumber(parameter, now)
    })
    return element(
      'div',
      { class: 'form-column' },
      element('div', { class: 'form-row' }, ...(hasRange ? [range] : []), number),
      this.#note(field, parameter),
    )
  }

  /** What comes of a scale, and the most that it can be where that is too large. */
  #note(field: FormField, parameter: NumberParameter): HTMLElement {
    const words = element('span')
    const button = element('button', { type: 'button', class: 'button', testid: 'scale-use' })
    const note = element(
      'div',
      { class: 'form-note', testid: 'scale-note', role: 'status', hidden: true },
      words,
      button,
    )
    let use: ScaleWords['use']
    button.addEventListener('click', () => this.#actions.set(field, use?.value))
    this.#notes.set(keyOf(field), (outlook) => {
      const told = outlook && wordsOfScale(outlook, parameter)
      use = told?.use
      note.hidden = told === undefined
      note.toggleAttribute('data-failed', told?.isTooLarge === true)
      words.textContent = told?.sentence ?? ''
      button.hidden = use === undefined
      button.textContent = use?.label ?? ''
    })
    return note
  }
}

/** The picture field that something falls on. */
export function pictureFieldUnder({ target }: DragEvent): { node: string; parameter: string } | undefined {
  const field = target instanceof Element ? target.closest<HTMLElement>('.form-field-picture') : null
  const { node, parameter } = field?.dataset ?? {}
  return node === undefined || parameter === undefined ? undefined : { node, parameter }
}

/** What the nodes of a run wrote to the output folder; the board also keeps what others have shown before. */
export function savedBy({ outputs, nodes }: RunBoard): FileReference[] {
  return [...outputs].filter(([node]) => nodes.has(node)).flatMap(([, output]) => savedFiles(output))
}

/** Whether a field is the first of its node that is set on a picture. */
function isFirstDrawn(field: FormField, { fields, more }: Form): boolean {
  return [...fields, ...more].find(({ node, isDrawn }) => node === field.node && isDrawn) === field
}

/** Most options, and letters of them all, that have room side by side. */
const MOST_OPTIONS = 4
const MOST_LETTERS = 30

/** The options of a choice; undefined where there are many, or only one. */
function fewOptions({ options }: ComboParameter): readonly string[] | undefined {
  const isFew = options.length > 1 && options.length <= MOST_OPTIONS && options.join('').length <= MOST_LETTERS
  return isFew ? options : undefined
}

/** Words begin with a capital; the name of a model or a file stays as it is. */
function optionLabel(option: string): string {
  return /^[a-z]+([ _][a-z]+)*$/.test(option) ? labelOf(option) : option
}

function keyOf({ node, parameter }: FormField): string {
  return `${node}-${parameter.name}`
}

function optionsOf({ parameter, isPicture }: FormField): unknown {
  return parameter.kind === 'COMBO' && !isPicture ? parameter.options : null
}
