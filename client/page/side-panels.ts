import { snapshot } from '../browser/snapshot.ts'
import { writeText } from '../document/read-file.ts'
import type { Editor } from '../editor.ts'
import type { Address } from '../host/address.ts'
import type { Host } from '../host/host.ts'
import { type Library, nameOf } from '../host/library.ts'
import type { PictureStore } from '../host/pictures.ts'
import { type RunEntry, resultName, zipName } from '../host/run-list.ts'
import type { GalleryPanel } from '../panels/gallery-panel.ts'
import { LatePanel } from '../panels/late-panel.ts'
import type { LateViewer } from '../panels/late-viewer.ts'
import type { LibraryPanel } from '../panels/library-panel.ts'
import { RunsPanel } from '../panels/runs-panel.ts'
import { type RailButton, SideBar } from '../panels/side-bar.ts'
import type { TemplatesPanel } from '../panels/templates-panel.ts'
import { saveAll } from '../pictures/save-all.ts'
import { saveZip } from '../pictures/save-zip.ts'
import { STRINGS } from '../strings.ts'
import type { Telling } from '../telling.ts'
import { linkToLibrary } from '../workflows/share.ts'
import { NARROW } from './views.ts'

interface PanelParts {
  readonly editor: Editor
  readonly viewer: Pick<LateViewer, 'open'>
  readonly host: Host
  readonly library: Library
  readonly store: PictureStore
  readonly address: Address
  readonly canvas: HTMLCanvasElement
  readonly telling: Telling
  readonly copyLink: (link: string) => Promise<void>
  /** Where a picture goes that is used as input. */
  readonly middle: () => readonly [number, number]
  /** The graph has more room, or less. */
  readonly resized: () => void
}

/** What the panels have of the rail that they are on. */
interface Rail {
  close(): void
  back(): void
  uncover(): void
}

/** The panels beside the graph, and the rail that opens them. */
export interface SidePanels {
  readonly bar: SideBar
  readonly runs: RunsPanel
  readonly gallery: LatePanel<GalleryPanel>
  readonly library: LatePanel<LibraryPanel>
  readonly templates: LatePanel<TemplatesPanel>
  /** On a narrow page the panel covers the graph that opens. */
  uncover(): void
}

/** @param below buttons of the rail that open no panel */
export function sidePanels(parent: HTMLElement, parts: PanelParts, below: readonly RailButton[]): SidePanels {
  const rail: Rail = {
    close: () => bar.close(),
    back: () => bar.back(),
    uncover: () => (innerWidth < NARROW ? bar.close() : undefined),
  }
  const runs = runsPanel(parts, rail)
  const gallery = galleryPanel(parts, rail)
  const library = libraryPanel(parts, rail)
  const templates = templatesPanel(parts, rail)
  const panels = [
    {
      id: 'runs',
      label: STRINGS.runs.title,
      key: 'Q',
      icon: 'M2.5 4h11M2.5 8h11M2.5 12h7',
      testid: 'rail-runs',
      root: runs.root,
      opened: () => void runs.fill(),
    },
    {
      id: 'gallery',
      label: STRINGS.gallery.title,
      icon: 'M2.5 3.5h11v9h-11zM2.5 10.5l3.2-3 2.6 2.4 2-1.7 3.2 2.8M10.8 6.3v.01',
      testid: 'rail-gallery',
      root: gallery.root,
      opened: () => gallery.opened(),
    },
    {
      id: 'library',
      label: STRINGS.library.title,
      icon: 'M3 2.5h2.5v11H3zM7 2.5h2.5v11H7zM11 3.2l2.2-.6 2 10.4-2.2.5z',
      testid: 'rail-library',
      root: library.root,
      opened: () => library.opened(),
    },
    {
      id: 'templates',
      label: STRINGS.templates.title,
      icon: 'M2.5 2.5h4.5v4.5H2.5zM9 2.5h4.5v4.5H9zM2.5 9h4.5v4.5H2.5zM9 9h4.5v4.5H9z',
      testid: 'templates',
      root: templates.root,
      opened: () => templates.opened(),
    },
  ]
  const bar = new SideBar(parent, panels, below, parts.resized)
  return { bar, runs, gallery, library, templates, uncover: rail.uncover }
}

function openRun({ editor }: PanelParts, { uncover }: Rail): (entry: RunEntry) => void {
  return ({ workflow, prompt, title }) => {
    uncover()
    editor.files.openText(JSON.stringify(workflow ?? prompt), { name: title || 'From a run' })
  }
}

function runsPanel(parts: PanelParts, rail: Rail): RunsPanel {
  const { editor, viewer, host, store, address, telling } = parts
  return new RunsPanel({
    list: (waiting) => host.runs(waiting),
    address: (file) => store.reduced(file, 256),
    original: (file) => store.original(file),
    show: (title, pictures) => viewer.open(title, { pictures }),
    openGraph: openRun(parts, rail),
    zip: (entry, saved) =>
      saveZip(host, address, {
        files: saved.map((file) => ({ ...file, name: resultName(file, entry) })),
        ...zipName(entry),
      }),
    titleOf: (type) => editor.types.get(type)?.title ?? type,
    again: async ({ prompt, workflow }) => editor.runs.repeat(prompt, workflow),
    cancel: ({ id }) => editor.runs.cancel(id),
    toFront: ({ id }) => host.moveToFront(id),
    forget: ({ id }) => host.forget([id]),
    clearWaiting: () => editor.clearQueue(),
    forgetAll: () => host.forgetAll(),
    failed: telling.failed,
    close: rail.close,
  })
}

function galleryPanel(parts: PanelParts, rail: Rail): LatePanel<GalleryPanel> {
  const { editor, viewer, host, store, address, telling, middle, resized } = parts
  const make = async () => {
    const { GalleryPanel } = await import('../panels/gallery-panel.ts')
    return new GalleryPanel({
      page: (end) => host.pastRuns(end),
      address: (file) => store.reduced(file, 384),
      original: (file) => store.original(file),
      show: (title, pictures) => viewer.open(title, { pictures }),
      compare: (before, after) =>
        viewer.open(STRINGS.gallery.compare, { pictures: [before, after], compared: { before, after } }),
      save: async (files) => {
        const { saved, gone } = (await saveAll(files, (file) => store.original(file))) ?? { saved: 0, gone: [] }
        const words = STRINGS.gallery
        const [first] = gone
        if (first !== undefined) telling.toasts.show('warning', words.gone(first, gone.length), words.saved(saved))
        else if (saved > 0) telling.toasts.show('good', words.saved(saved))
      },
      zip: (files) => saveZip(host, address, { files: files.map(({ file, name }) => ({ ...file, name })) }),
      openGraph: openRun(parts, rail),
      use: (file) => editor.loading.usePicture(file, middle()),
      failed: telling.failed,
      close: rail.close,
    })
  }
  return new LatePanel(make, (panel) => void panel.fill(), telling.failed, resized)
}

function libraryPanel(parts: PanelParts, { close, uncover }: Rail): LatePanel<LibraryPanel> {
  const { editor, library, canvas, telling, copyLink, resized } = parts
  const { toasts, failed } = telling
  const make = async () => {
    const { LibraryPanel } = await import('../panels/library-panel.ts')
    return new LibraryPanel(library, {
      current: () => ({
        tab: editor.tabs.active.id,
        name: editor.tabs.active.name,
        path: editor.tabs.active.libraryPath,
      }),
      write: async () => {
        const saved = editor.tabs.saving()
        return {
          text: writeText(editor.files.workflow(), editor.tabs.active.style),
          thumbnail: await snapshot(canvas, 320, 'image/webp'),
          saved(path) {
            saved(path)
            toasts.show('good', STRINGS.library.saved(path))
          },
        }
      },
      open(path, text) {
        uncover()
        editor.files.openText(text, { name: nameOf(path), libraryPath: path })
      },
      moved: (from, to) => editor.tabs.moved(from, to),
      removed(path, putBack) {
        const isBack = editor.tabs.removed(path)
        const { removed, putBack: label } = STRINGS.library
        toasts.show('good', removed(path), '', { action: { label, act: () => void putBack().then(isBack, failed) } })
      },
      link: (path) => void copyLink(linkToLibrary(new URL(location.href), path)),
      failed,
      close,
    })
  }
  return new LatePanel(make, (panel) => void panel.opened(), failed, resized)
}

function templatesPanel(parts: PanelParts, { close, back, uncover }: Rail): LatePanel<TemplatesPanel> {
  const { editor, host, address, telling, resized } = parts
  const make = async () => {
    const { TemplatesPanel } = await import('../panels/templates-panel.ts')
    return new TemplatesPanel({
      list: async () =>
        (await host.templates()).map(({ hasPicture, ...card }) => ({
          ...card,
          picture: hasPicture ? address.of(`workflows/${encodeURIComponent(card.name)}/picture`) : undefined,
        })),
      open: (name) => {
        back()
        uncover()
        void editor.files.openTemplate(name)
      },
      failed: telling.failed,
      close,
    })
  }
  return new LatePanel(make, (panel) => void panel.fill(), telling.failed, resized)
}
