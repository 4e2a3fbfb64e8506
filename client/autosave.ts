import type { GraphDocument } from './document/document.ts'

const KEY = 'gendr.graph'
const PAUSE = 400

/** Keeps the graph in the browser, shortly after each change and when the page goes away. */
export function autosave(document: GraphDocument, write: () => unknown, storage: Storage): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const save = () => {
    clearTimeout(timer)
    timer = undefined
    try {
      storage.setItem(KEY, JSON.stringify(write()))
    } catch {
      // Full or forbidden storage must not stop the work; Save writes a file.
    }
  }
  document.subscribe(() => {
    clearTimeout(timer)
    timer = setTimeout(save, PAUSE)
  })
  addEventListener('pagehide', save)
}

/** The text of the graph that was kept last. */
export function savedGraph(storage: Storage): string | null {
  return storage.getItem(KEY)
}

/** One name for this tab, so that its runs find it again after a reload. */
export function clientIdOf(storage: Storage): string {
  const known = storage.getItem('gendr.client')
  const id = known ?? crypto.getRandomValues(new Uint32Array(4)).reduce((text, part) => text + part.toString(16), '')
  storage.setItem('gendr.client', id)
  return id
}
