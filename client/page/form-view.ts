import type { DocumentEvent } from '../document/document.ts'
import { type Form, type FormField, formOf, pictureFields } from '../document/form.ts'
import { setTools } from '../document/set-tools.ts'
import type { Editor } from '../editor.ts'
import { type FileReference, inputReference } from '../host/address.ts'
import { EMPTY_BOARD, type RunBoard } from '../host/run-board.ts'
import { comparedIn, savedOf, wordsOfRun } from '../host/run-result.ts'
import { type FormPanel, savedBy } from '../panels/form-panel.ts'
import type { LateViewer } from '../panels/late-viewer.ts'
import { ToolOrigins } from '../pictures/tool-origins.ts'
import { STRINGS } from '../strings.ts'

interface FormViewParts {
  readonly editor: Pick<Editor, 'document' | 'types' | 'tabs' | 'outlook' | 'boardInView' | 'boardInMind' | 'canCancel'>
  readonly panel: Pick<FormPanel, 'show' | 'showRun'>
  readonly viewer: Pick<LateViewer, 'open'>
  /** Whether the form is in view. */
  readonly isShown: () => boolean
  /** On a narrow page the picture is above what was just pressed. */
  readonly scrollUp: () => void
}

/** The form of the workflow in view, and beside it the photograph that is to be restored, or what became of it. */
export class FormView {
  readonly #parts: FormViewParts
  #shownInput: string | undefined
  readonly #shownResults = new Set<string>()
  readonly #origins = new ToolOrigins()

  constructor(parts: FormViewParts) {
    this.#parts = parts
  }

  /** It comes into view. */
  opened(): void {
    const { editor } = this.#parts
    editor.document.enter([])
    this.#show()
    if (this.#isEdited || !this.#showOutcome(editor.boardInView)) this.#showInput()
  }

  /** What the document tells: the graph was edited, or another one is in view; the form is of all levels. */
  hear({ kind }: DocumentEvent): void {
    if (!this.#parts.isShown() || kind === 'entered') return
    if (kind === 'opened') this.opened()
    else this.#show()
  }

  /** More is known of the sizes of pictures. */
  measured(): void {
    if (this.#parts.isShown()) this.#show()
  }

  /** The run of the graph in view is further. */
  followed(): void {
    const { editor, isShown } = this.#parts
    if (isShown()) this.#showResult(editor.boardInView)
  }

  /** How the run goes that a person can wait for; why one failed is of no more use once the graph is another. */
  showRun(): void {
    const { editor, panel } = this.#parts
    const { boardInMind: board, boardInView, canCancel, document, types } = editor
    const warnings = board === boardInView ? wordsOfRun(board, document.whole, types, 'warnings') : []
    panel.showRun(this.#isEdited && board.state === 'failed' ? EMPTY_BOARD : board, canCancel, warnings)
  }

  #show(): void {
    const { editor, panel } = this.#parts
    const form = this.#form
    const outlookOf = ({ node, parameter }: FormField) =>
      parameter.kind === 'INT' || parameter.kind === 'FLOAT' ? editor.outlook.of(node, parameter) : undefined
    const others = this.#setOnOthers
    panel.show(editor.tabs.active.name, form, outlookOf, ({ node }) => others.get(node))
    this.showRun()
    const isOther = JSON.stringify(inputOf(form)) !== this.#shownInput
    if (isOther && editor.boardInMind.state !== 'running') this.#showInput()
  }

  #showInput(): void {
    const input = inputOf(this.#form)
    this.#shownInput = JSON.stringify(input)
    if (input !== undefined) this.#parts.viewer.open(input.filename, { pictures: [input], isAside: true })
  }

  /** Once a run has ended. */
  #showResult(board: RunBoard): void {
    if (board.state !== 'done' || board.run === null || this.#shownResults.has(board.run)) return
    this.#shownResults.add(board.run)
    if (this.#showOutcome(board)) this.#parts.scrollUp()
  }

  /**
   * What a run compared, else the photograph and what was saved of it: that of the run, as the form may have another by now.
   * @returns whether there is anything to see
   */
  #showOutcome(board: RunBoard): boolean {
    if (board.state !== 'done') return false
    const before = inputOf(this.#form, ({ node, parameter }) => board.prompt[node]?.inputs[parameter.name])
    const [after] = savedBy(board)
    const found = comparedIn(board)
    const compared = found?.compared ?? (before && after && { before, after })
    const picture = compared?.after ?? after
    if (picture === undefined) return false
    const saved = found && savedOf(board, found.node)
    const title = STRINGS.form.result(before?.filename)
    this.#parts.viewer.open(title, { pictures: [picture], ...(compared && { compared }), ...saved })
    return true
  }

  /** Whether the graph is another than the one that its latest run was of; as far as this page knows that. */
  get #isEdited(): boolean {
    const { boardInView, document } = this.#parts.editor
    return boardInView.version !== undefined && boardInView.version !== document.version
  }

  /** The nodes whose tool was set on another picture than the one that they get now, and the name of that one. */
  get #setOnOthers(): ReadonlyMap<string, string> {
    const { document, tabs, types } = this.#parts.editor
    return new Map(
      setTools(document.whole, types).flatMap(({ node, values, picture }): [string, string][] => {
        if (picture === undefined) return []
        const origin = this.#origins.of(JSON.stringify([tabs.active.id, node]), values, picture)
        return origin === picture ? [] : [[node, inputReference(origin).filename]]
      }),
    )
  }

  get #form(): Form {
    const { document, types } = this.#parts.editor
    return formOf(document.whole, types)
  }
}

/** The first picture that fields name. @param settingOf what they are set to; by default what they show */
function inputOf(form: Form, settingOf = ({ value }: FormField): unknown => value): FileReference | undefined {
  const names = pictureFields(form).map(settingOf)
  const name = names.find((value): value is string => typeof value === 'string' && value !== '')
  return name === undefined ? undefined : inputReference(name)
}
