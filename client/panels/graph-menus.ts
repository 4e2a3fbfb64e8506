import type { Catalogue } from '../../server/graph/catalogue.ts'
import type { GraphView } from '../canvas/graph-view.ts'
import type { Target } from '../canvas/scene.ts'
import { removeLinks } from '../document/connect.ts'
import type { GraphDocument } from '../document/document.ts'
import { setParam } from '../document/edits.ts'
import { exposables, toggleInForm } from '../document/form.ts'
import { type GraphNode, isBoundary, linkInto, NODE_MODES, type Point } from '../document/graph.ts'
import { typeOf } from '../document/virtual-types.ts'
import type { Commands } from '../editing/commands.ts'
import type { NodeAdding } from '../editing/node-adding.ts'
import type { NodeClipboard } from '../editing/node-clipboard.ts'
import { canRunUpTo } from '../host/partial-run.ts'
import type { PictureDrawing } from '../pictures/picture-drawing.ts'
import { STRINGS } from '../strings.ts'
import { type MenuItem, openMenu } from './menu.ts'
import { openNodeHelp } from './node-help.ts'
import { editText } from './text-editor.ts'

/** What the menus act on. */
export interface MenuActions {
  readonly document: GraphDocument
  readonly view: Pick<
    GraphView,
    'selected' | 'select' | 'selectAll' | 'fit' | 'snaps' | 'runId' | 'scaleOf' | 'outlook'
  >
  readonly types: Catalogue
  readonly commands: Commands
  readonly adding: Pick<NodeAdding, 'search'>
  readonly clipboard: Pick<NodeClipboard, 'pasteFromClipboard'>
  titleOf(node: GraphNode): string
  runUpTo(node: string): Promise<void>
  readonly drawing: Pick<PictureDrawing, 'open'>
}

/** Pairs of title and card, dark enough for the text on them; the first is the colour of all nodes. */
const COLORS: readonly { readonly label: string; readonly color: string; readonly background: string }[] = [
  { label: 'Red', color: '#5b2d2f', background: '#3b2224' },
  { label: 'Amber', color: '#5c4620', background: '#3a2f1b' },
  { label: 'Green', color: '#2c4c37', background: '#1f3228' },
  { label: 'Teal', color: '#224b50', background: '#1b3235' },
  { label: 'Blue', color: '#2b4366', background: '#1f2d42' },
  { label: 'Purple', color: '#4a3560', background: '#30253e' },
]

/** The menu of a node, of a group, of a reroute, or of the empty ground. */
export function graphMenu(editor: MenuActions, target: Target, page: Point, at: Point): void {
  const anchor = { x: page[0], y: page[1] }
  if (target.node !== undefined) openMenu('Node', nodeItems(editor, target.node, page), anchor)
  else if (target.group !== undefined) openMenu('Group', groupItems(editor, target.group, page), anchor)
  else if (target.reroute !== undefined) {
    const id = target.reroute
    openMenu('Point', [{ label: 'Remove point', act: () => editor.commands.removeReroute(id) }], anchor)
  } else openMenu('Graph', groundItems(editor, page, at), anchor)
}

export function linkMenu(editor: MenuActions, id: number, page: Point, at: Point): void {
  const link = editor.document.graph.links.get(id)
  if (link === undefined) return
  openMenu(
    'Link',
    [
      {
        label: 'Add a point',
        note: 'Alt click',
        testid: 'menu-add-point',
        act: () => editor.commands.addReroute(id, at),
      },
      {
        label: 'Insert a node…',
        testid: 'menu-insert',
        act: () => editor.adding.search({ x: page[0], y: page[1] }, at, { kind: 'link', link: id }),
      },
      null,
      {
        label: 'Remove link',
        testid: 'menu-remove-link',
        act: () => editor.document.commit(removeLinks(editor.document.graph, [link])),
      },
    ],
    { x: page[0], y: page[1] },
  )
}

/** The largest scale that fits, where what the node says is too large. */
function scaleItem({ document, view }: MenuActions, id: string): MenuItem[] {
  const [scale, use] = [view.scaleOf(id), view.outlook(id)?.use]
  if (scale === undefined || use === undefined) return []
  const act = () => document.commit(setParam(document.graph, id, scale.name, use.value))
  return [{ label: use.label, testid: 'menu-scale', act }]
}

/** Which parameters of a node the form shows. */
function formItem({ document, types }: MenuActions, node: GraphNode, [x, y]: Point): MenuItem[] {
  const all = exposables(document.graph, node, types)
  if (all.length === 0) return []
  const items = all.map((one) => ({
    label: one.label,
    checked: one.isShown,
    testid: `expose-${one.names[0]}`,
    act: () => document.commit(toggleInForm(document.graph, node.id, one)),
  }))
  const open = () => openMenu(STRINGS.form.exposeTitle, items, { x, y })
  return [{ label: `${STRINGS.form.expose}…`, testid: 'menu-form', act: open }]
}

/** What the definition of a node says of it. */
function helpItem({ document, types }: MenuActions, node: GraphNode): MenuItem[] {
  const type = typeOf(document.graph, node, types)
  return type === undefined ? [] : [{ label: 'About this node', testid: 'menu-about', act: () => openNodeHelp(type) }]
}

/** A field for the title of a node, of a group or of a subgraph. */
export function askTitle([x, y]: Point, value: string, commit: (title: string) => void): void {
  editText({ place: { x, y, width: 220, height: 0 }, value, multiline: false, label: 'Title', commit })
}

function nodeItems(editor: MenuActions, id: string, page: Point): (MenuItem | null)[] {
  const { document, commands } = editor
  const node = document.graph.nodes.get(id)
  if (node === undefined) return []
  if (isBoundary(node)) return boundaryItems(editor, node, page)
  const ids = editor.view.selected.has(id) ? editor.view.selected : new Set([id])
  const definition = document.graph.definitions.get(node.type)
  return [
    ...(definition === undefined
      ? []
      : [
          {
            label: 'Open subgraph',
            note: 'Double click',
            testid: 'menu-enter',
            act: () => commands.enterSubgraph(id),
          },
          {
            label: 'Rename subgraph…',
            act: () => askTitle(page, definition.name ?? '', (name) => commands.renameSubgraph(node.type, name)),
          },
          { label: 'Unpack subgraph', testid: 'menu-unpack', act: () => commands.unpackSubgraph(id) },
          null,
        ]),
    {
      label: 'Rename…',
      ...(definition === undefined && { note: 'Double click' }),
      act: () => askTitle(page, editor.titleOf(node), (title) => commands.rename(id, title)),
    },
    ...(canRunUpTo(document.graph, node, editor.types)
      ? [{ label: STRINGS.partial.label, testid: 'menu-run-here', act: () => void editor.runUpTo(id) }]
      : []),
    ...(editor.types.get(node.type)?.tool === undefined
      ? []
      : [
          {
            label: STRINGS.drawing.label,
            testid: 'menu-draw',
            act: () => editor.drawing.open(editor.view.runId(id)),
          },
        ]),
    ...scaleItem(editor, id),
    ...formItem(editor, node, page),
    ...helpItem(editor, node),
    null,
    { label: 'Duplicate', act: () => commands.duplicate(ids) },
    {
      label: node.collapsed ? 'Unfold' : 'Fold',
      note: 'Alt C',
      testid: 'menu-fold',
      act: () => commands.toggleCollapsed(ids),
    },
    { label: 'Pin', note: 'P', checked: node.pinned, act: () => commands.togglePinned(ids) },
    {
      label: 'Mute',
      note: 'Ctrl M',
      checked: node.mode === NODE_MODES.muted,
      act: () => commands.toggleMode('muted', ids),
    },
    {
      label: 'Bypass',
      note: 'Ctrl B',
      checked: node.mode === NODE_MODES.bypassed,
      act: () => commands.toggleMode('bypassed', ids),
    },
    {
      label: 'Colour…',
      testid: 'menu-color',
      act: () => openMenu('Colour', colorItems(commands, ids, node), { x: page[0], y: page[1] }),
    },
    ...(document.level !== '' && openFields(editor, node).length > 0
      ? [
          {
            label: 'Show a field outside…',
            testid: 'menu-expose',
            act: () => openMenu('Field', exposeItems(editor, node), { x: page[0], y: page[1] }),
          },
        ]
      : []),
    ...(ids.size > 1
      ? [
          {
            label: 'Arrange…',
            testid: 'menu-arrange',
            act: () => openMenu('Arrange', arrangeItems(commands, ids.size), { x: page[0], y: page[1] }),
          },
        ]
      : []),
    null,
    { label: 'Group', note: 'Ctrl G', act: () => commands.addGroup(node.position) },
    {
      label: 'Make a subgraph',
      note: 'Ctrl Shift E',
      testid: 'menu-subgraph',
      act: () => commands.makeSubgraph(ids),
    },
    null,
    {
      label: ids.size > 1 ? `Remove ${ids.size} nodes` : 'Remove',
      note: 'Del',
      testid: 'menu-remove',
      act: () => commands.remove(ids),
    },
    { label: 'Remove and keep links', note: 'Ctrl Del', act: () => commands.dissolve(ids) },
  ]
}

/** The fields of a node inside a subgraph that a link could feed and none does. */
function openFields({ document, types }: MenuActions, node: GraphNode): string[] {
  const fields = typeOf(document.graph, node, types)?.parameters ?? []
  const isOpen = (name: string) =>
    node.inputs.some((input) => input.name === name) && linkInto(document.graph, node.id, name) === undefined
  return fields.flatMap(({ name }) => (isOpen(name) ? [name] : []))
}

function exposeItems(editor: MenuActions, node: GraphNode): MenuItem[] {
  return openFields(editor, node).map((name) => ({
    label: name.replaceAll('_', ' '),
    testid: `expose-${name}`,
    act: () => editor.commands.expose({ kind: 'input', node: node.id, input: name }),
  }))
}

/** The sockets of a subgraph's boundary. */
function boundaryItems({ commands }: MenuActions, node: GraphNode, page: Point): (MenuItem | null)[] {
  const kind = node.outputs.length > 0 || node.type === 'graph/input' ? 'input' : 'output'
  const sockets = kind === 'input' ? node.outputs : node.inputs
  if (sockets.length === 0) return [{ label: 'Drop a link here to add one', act: () => {} }]
  return sockets.flatMap(({ name }, i): (MenuItem | null)[] => [
    ...(i === 0 ? [] : [null]),
    {
      label: `Rename ‘${name}’…`,
      act: () => askTitle(page, name, (next) => commands.renameSocket(kind, i, next)),
    },
    { label: `Remove ‘${name}’`, act: () => commands.removeSocket(kind, i) },
  ])
}

function colorItems(commands: Commands, ids: ReadonlySet<string>, node: GraphNode): MenuItem[] {
  return [
    { label: 'None', checked: node.color === undefined, act: () => commands.color(ids, undefined) },
    ...COLORS.map(({ label, color, background }) => ({
      label,
      swatch: color,
      checked: node.color === color,
      testid: `color-${label.toLowerCase()}`,
      act: () => commands.color(ids, { color, background }),
    })),
  ]
}

function arrangeItems(commands: Commands, count: number): (MenuItem | null)[] {
  return [
    { label: 'Align left', testid: 'align-left', act: () => commands.align('left') },
    { label: 'Align right', act: () => commands.align('right') },
    { label: 'Align top', testid: 'align-top', act: () => commands.align('top') },
    { label: 'Align bottom', act: () => commands.align('bottom') },
    { label: 'Centre in a column', act: () => commands.align('center') },
    { label: 'Centre in a row', act: () => commands.align('middle') },
    ...(count > 2
      ? [
          null,
          { label: 'Even gaps across', testid: 'distribute-x', act: () => commands.distribute('x') },
          { label: 'Even gaps down', act: () => commands.distribute('y') },
        ]
      : []),
    null,
    { label: 'Columns by links', note: 'L', act: () => commands.tidy() },
  ]
}

function groupItems(editor: MenuActions, id: string, page: Point): (MenuItem | null)[] {
  const { document, commands } = editor
  const group = document.graph.groups.get(id)
  if (group === undefined) return []
  return [
    {
      label: 'Rename…',
      note: 'Double click',
      act: () => askTitle(page, group.title, (title) => commands.changeGroup(id, { title })),
    },
    {
      label: 'Colour…',
      act: () =>
        openMenu(
          'Colour',
          GROUP_COLORS.map(({ label, color }) => ({
            label,
            swatch: color,
            checked: group.color === color,
            act: () => commands.changeGroup(id, { color }),
          })),
          { x: page[0], y: page[1] },
        ),
    },
    { label: 'Select what is in it', act: () => editor.view.select(commands.nodesIn(id)) },
    { label: 'Fit to what is in it', act: () => commands.fitGroup(id) },
    null,
    { label: 'Remove group', testid: 'menu-remove-group', act: () => commands.removeGroup(id) },
    { label: 'Remove group and nodes', act: () => commands.removeGroup(id, true) },
  ]
}

const GROUP_COLORS: readonly { readonly label: string; readonly color: string }[] = [
  { label: 'Red', color: '#c2605f' },
  { label: 'Amber', color: '#d3a04c' },
  { label: 'Green', color: '#67a87c' },
  { label: 'Teal', color: '#4fa3a8' },
  { label: 'Blue', color: '#6291cf' },
  { label: 'Purple', color: '#9a7ac6' },
]

function groundItems(editor: MenuActions, page: Point, at: Point): (MenuItem | null)[] {
  const { commands, view } = editor
  return [
    { label: 'Add node…', note: 'Double click', act: () => editor.adding.search({ x: page[0], y: page[1] }, at) },
    { label: 'Add group', note: 'Ctrl G', testid: 'menu-add-group', act: () => commands.addGroup(at) },
    { label: 'Paste', note: 'Ctrl V', act: () => void editor.clipboard.pasteFromClipboard(at) },
    null,
    { label: 'Show everything', note: 'F', act: () => view.fit() },
    { label: 'Select everything', note: 'Ctrl A', act: () => view.selectAll() },
    { label: 'Columns by links', note: 'L', act: () => commands.tidy() },
    {
      label: 'Snap to the grid',
      checked: view.snaps,
      testid: 'menu-snap',
      act: () => {
        view.snaps = !view.snaps
      },
    },
  ]
}
