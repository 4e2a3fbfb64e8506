import type { Catalogue } from '../../server/graph/catalogue.ts'
import type { GraphView } from '../canvas/graph-view.ts'
import type { GraphDocument } from '../document/document.ts'
import { changeNode, insertGraph, removeNodes, renameNode, subgraph } from '../document/edits.ts'
import type { Point } from '../document/graph.ts'
import { type MenuItem, openMenu } from './menu.ts'
import type { Anchor } from './popup.ts'
import { editText } from './text-editor.ts'

/** What the menus act on. */
export interface MenuActions {
  readonly document: GraphDocument
  readonly view: Pick<GraphView, 'selected' | 'select' | 'selectAll' | 'fit'>
  readonly types: Catalogue
  toggleMode(mode: 'muted' | 'bypassed', ids: ReadonlySet<string>): void
  searchNodes(anchor: Anchor, at: Point): void
}

/** The menu of a node, of a group, or of the empty ground. */
export function graphMenu(
  editor: MenuActions,
  target: { node?: string; group?: string },
  page: Point,
  at: Point,
): void {
  const anchor = { x: page[0], y: page[1] }
  if (target.node !== undefined) openMenu('Node', nodeItems(editor, target.node, page), anchor)
  else if (target.group !== undefined) openMenu('Group', groupItems(editor, target.group, page), anchor)
  else openMenu('Graph', groundItems(editor, page, at), anchor)
}

export function linkMenu(editor: MenuActions, id: number, page: Point): void {
  const link = editor.document.graph.links.get(id)
  if (link === undefined) return
  const act = () => editor.document.commit([{ kind: 'remove-link', link }])
  openMenu('Link', [{ label: 'Remove link', act }], { x: page[0], y: page[1] })
}

function nodeItems(editor: MenuActions, id: string, page: Point): (MenuItem | null)[] {
  const { document } = editor
  const node = document.graph.nodes.get(id)
  if (node === undefined) return []
  const ids = editor.view.selected.has(id) ? editor.view.selected : new Set([id])
  return [
    {
      label: 'Rename…',
      act: () =>
        rename(page, node.title ?? editor.types.get(node.type)?.title ?? node.type, (title) =>
          document.commit(renameNode(document.graph, id, title)),
        ),
    },
    {
      label: 'Duplicate',
      act: () => {
        const corner: Point = [node.position[0] + 30, node.position[1] + 30]
        const { changes, ids: made } = insertGraph(document.graph, subgraph(document.graph, ids), corner)
        document.commit(changes)
        editor.view.select(made)
      },
    },
    {
      label: node.collapsed ? 'Unfold' : 'Fold',
      act: () => document.commit(changeNode(document.graph, id, { collapsed: !node.collapsed })),
    },
    { label: 'Mute', note: 'Ctrl M', checked: node.mode === 2, act: () => editor.toggleMode('muted', ids) },
    { label: 'Bypass', note: 'Ctrl B', checked: node.mode === 4, act: () => editor.toggleMode('bypassed', ids) },
    null,
    {
      label: ids.size > 1 ? `Remove ${ids.size} nodes` : 'Remove',
      note: 'Del',
      testid: 'menu-remove',
      act: () => document.commit(removeNodes(document.graph, ids)),
    },
  ]
}

function groupItems(editor: MenuActions, id: string, page: Point): (MenuItem | null)[] {
  const { document } = editor
  const group = document.graph.groups.get(id)
  if (group === undefined) return []
  return [
    {
      label: 'Rename…',
      act: () =>
        rename(page, group.title, (title) =>
          document.commit([{ kind: 'change-group', before: group, after: { ...group, title } }]),
        ),
    },
    { label: 'Remove group', act: () => document.commit([{ kind: 'remove-group', group }]) },
  ]
}

function groundItems(editor: MenuActions, page: Point, at: Point): (MenuItem | null)[] {
  return [
    { label: 'Add node…', note: 'Double click', act: () => editor.searchNodes({ x: page[0], y: page[1] }, at) },
    { label: 'Add group', act: () => addGroup(editor, at) },
    null,
    { label: 'Show everything', note: 'F', act: () => editor.view.fit() },
    { label: 'Select everything', note: 'Ctrl A', act: () => editor.view.selectAll() },
  ]
}

function addGroup(editor: MenuActions, [x, y]: Point): void {
  const { groups } = editor.document.graph
  const id = String(1 + Math.max(0, ...[...groups.keys()].map(Number)))
  const bounding = [Math.round(x), Math.round(y), 420, 300] as const
  editor.document.commit([{ kind: 'add-group', group: { id, title: 'Group', bounding, rest: {} } }])
}

function rename([x, y]: Point, value: string, commit: (title: string) => void): void {
  editText({ place: { x, y, width: 220, height: 0 }, value, multiline: false, label: 'Title', commit })
}
