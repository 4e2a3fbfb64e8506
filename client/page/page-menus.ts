import { chooseFiles, type FileWish } from '../browser/choose-files.ts'
import { snapshot } from '../browser/snapshot.ts'
import { THEMES, type ThemeChoice } from '../browser/theme.ts'
import { writeText } from '../document/read-file.ts'
import type { Editor } from '../editor.ts'
import { openMenu } from '../panels/menu.ts'
import type { openShareMenu } from '../panels/share-menu.ts'
import type { TabBar } from '../panels/tab-bar.ts'
import type { Toolbar } from '../panels/toolbar.ts'
import { STRINGS } from '../strings.ts'
import type { Telling } from '../telling.ts'
import type { RunOnChange } from './run-on-change.ts'

/** The menus of the bars around the graph. */

/** Other ways to run than the button has. */
export function openRunMenu(
  editor: Editor,
  runOnChange: RunOnChange,
  toolbar: Toolbar,
  telling: Telling,
  { left, bottom }: DOMRect,
): void {
  const words = STRINGS.runMenu
  const runFiles = (wish: Partial<FileWish>) =>
    void chooseFiles({ accept: 'image/*', ...wish }).then((files) =>
      files.length > 0 ? editor.intake.runEach(files) : undefined,
    )
  openMenu(
    words.title,
    [
      { label: words.now, note: 'Ctrl Enter', act: () => editor.run() },
      {
        label: words.onChange,
        testid: 'run-on-change',
        checked: runOnChange.isOn,
        act: () => {
          runOnChange.isOn = !runOnChange.isOn
          toolbar.runsOnChange(runOnChange.isOn)
        },
      },
      null,
      { label: words.files, testid: 'run-files', act: () => runFiles({ multiple: true }) },
      { label: words.folder, testid: 'run-folder', act: () => runFiles({ folder: true }) },
      null,
      { label: words.clear, testid: 'run-clear', act: () => void editor.clearQueue().catch(telling.failed) },
    ],
    { x: left, y: bottom + 4 },
  )
}

export function openThemeMenu(theme: ThemeChoice, { right, bottom }: DOMRect): void {
  const items = THEMES.map((choice) => ({
    label: STRINGS.themes[choice],
    checked: theme.choice === choice,
    testid: `theme-${choice}`,
    act: () => {
      theme.choice = choice
    },
  }))
  openMenu(STRINGS.panels.theme, items, { x: right + 4, y: bottom - 20 })
}

/** Ways to hand on the workflow in view. */
export function openShare(
  open: typeof openShareMenu,
  editor: Editor,
  canvas: HTMLCanvasElement,
  telling: Telling,
  copyLink: (link: string, hint: string) => Promise<void>,
  { left, bottom }: DOMRect,
): void {
  open(
    {
      name: editor.tabs.active.name,
      save: () => editor.files.saveFile(),
      text: () => writeText(editor.files.workflow(), editor.tabs.active.style),
      workflow: () => editor.files.workflow(),
      prompt: () => editor.order().prompt,
      picture: () => snapshot(canvas, 1280, 'image/png'),
      copy: copyLink,
      refuse: (reason) => telling.warn(reason),
      failed: telling.failed,
    },
    { x: left, y: bottom + 4 },
  )
}

/** Closes a tab. Edits that no file holds are asked about; they could still be taken back by nobody. */
export function closeTab({ tabs, files }: Editor, tabBar: TabBar, id: string): void {
  const tab = tabs.all.find((each) => each.id === id)
  if (tab === undefined) return
  if (!tab.isChanged) {
    tabs.close(id)
    return
  }
  tabs.show(id)
  const { left, bottom } = tabBar.placeOf(id)
  const items = [
    {
      label: 'Save as a file and close',
      testid: 'close-save',
      act: () => {
        // A file that fell on the page meanwhile has opened another.
        tabs.show(id)
        files.saveFile()
        tabs.close(id)
      },
    },
    { label: 'Close without saving', testid: 'close-discard', act: () => tabs.close(id) },
  ]
  openMenu(`Close ${tab.name}`, items, { x: left, y: bottom + 4 })
}
