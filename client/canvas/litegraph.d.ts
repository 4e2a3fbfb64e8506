/**
 * The part of litegraph.js 0.7.18 that we use, as we use it. Its own declarations know `any` and numeric ids; ours are
 * strings throughout.
 */
declare module 'litegraph.js/build/litegraph.core.js' {
  export type Pair = Float32Array | [number, number] | number[]

  export const LiteGraph: {
    NODE_TITLE_HEIGHT: number
    NODE_SLOT_HEIGHT: number
    NODE_TEXT_COLOR: string
    NODE_SUBTEXT_SIZE: number
    pointerevents_method: 'mouse' | 'pointer'
    release_link_on_empty_shows_menu: boolean
    MAX_NUMBER_OF_NODES: number
    CONNECTING_LINK_COLOR: string
    isValidConnection(a: string, b: string): boolean
  }

  export interface InputSlot {
    name: string
    type: string
    link: number | null
    label: string
    /** Ours. */
    color: string
    required: boolean
    slot_index?: number
  }

  export interface OutputSlot {
    name: string
    type: string
    links: number[]
    label: string
    /** Ours. */
    color: string
    slot_index?: number
  }

  /** A widget of a type that litegraph does not know: it calls `draw` and `mouse`. */
  export interface CustomWidget {
    type: string
    name: string
    value: null
    options: object
    last_y?: number
    draw(ctx: CanvasRenderingContext2D, node: LGraphNode, width: number, y: number): void
    mouse(event: PointerEvent, at: [number, number], node: LGraphNode): boolean
    computeSize(width: number): [number, number]
  }

  export interface LLink {
    id: number
    type: string
    origin_id: string
    origin_slot: number
    target_id: string
    target_slot: number
    /** Its middle, where litegraph last drew it. */
    _pos: Float32Array
  }

  export class LGraphNode {
    id: string
    title: string
    type: string | null
    pos: Pair
    size: Pair
    flags: { collapsed?: boolean; pinned?: boolean }
    mode: number
    inputs: InputSlot[]
    outputs: OutputSlot[]
    widgets?: CustomWidget[]
    widgets_start_y?: number
    graph: LGraph | null
    is_selected?: boolean
    mouseOver?: boolean
    redraw_on_mouse?: boolean
    _collapsed_width?: number
    constructor(title?: string)
    connect(slot: number, target: LGraphNode, targetSlot: number | string): unknown
    connectByType(slot: number, target: LGraphNode, type: string): unknown
    connectByTypeOutput(slot: number, source: LGraphNode, type: string): unknown
    disconnectInput(slot: number): boolean
    disconnectOutput(slot: number, target?: LGraphNode): boolean
    getConnectionPos(isInput: boolean, slot: number, out?: Pair): Pair
    getBounding(out?: Float32Array, outer?: boolean): Float32Array
    computeSize(): Pair
    getTitle(): string
  }

  export class LGraph {
    links: Record<number, LLink>
    _nodes: LGraphNode[]
    _nodes_by_id: Record<string, LGraphNode>
    list_of_graphcanvas: LGraphCanvas[] | null
    clear(): void
    add(item: LGraphNode, skipOrder?: boolean): void
    getNodeById(id: string): LGraphNode | null
    getNodeOnPos(x: number, y: number, nodes?: LGraphNode[], margin?: number): LGraphNode | null
    getGroupOnPos(x: number, y: number): null
  }

  export class DragAndScale {
    offset: [number, number]
    scale: number
    min_scale: number
    max_scale: number
    visible_area: Float32Array
    computeVisibleArea(viewport?: unknown): void
    toCanvasContext(ctx: CanvasRenderingContext2D): void
    convertCanvasToOffset(at: Pair): [number, number]
    convertOffsetToCanvas(at: Pair): [number, number]
  }

  export interface ConnectionMenu {
    nodeFrom?: LGraphNode
    slotFrom?: OutputSlot
    nodeTo?: LGraphNode
    slotTo?: InputSlot
    e?: PointerEvent
  }

  export class LGraphCanvas {
    static link_type_colors: Record<string, string>
    canvas: HTMLCanvasElement
    bgcanvas: HTMLCanvasElement
    ds: DragAndScale
    graph: LGraph
    graph_mouse: Pair
    selected_nodes: Record<string, LGraphNode>
    node_widget: [LGraphNode, CustomWidget] | null
    connecting_node: LGraphNode | null
    connecting_output: OutputSlot | null
    connecting_input: InputSlot | null
    pointer_is_down: boolean
    visible_links: LLink[]
    highlighted_links: Record<number, boolean>
    over_link_center: LLink | null
    clear_background: boolean
    dirty_canvas: boolean
    dirty_bgcanvas: boolean
    ctx: CanvasRenderingContext2D | null
    connecting_pos: Pair | null
    node_dragged: LGraphNode | null
    resizing_node: LGraphNode | null
    dragging_rectangle: Float32Array | null
    dragging_canvas: boolean
    visible_nodes: LGraphNode[]
    editor_alpha: number
    round_radius: number
    connections_width: number
    default_link_color: string
    default_connection_color: { input_off: string; input_on: string; output_off: string; output_on: string }
    default_connection_color_byType: Record<string, string>
    default_connection_color_byTypeOff: Record<string, string>
    title_text_font: string
    inner_text_font: string
    show_info: boolean
    render_shadows: boolean
    render_canvas_border: boolean
    render_connections_border: boolean
    highquality_render: boolean
    multi_select: boolean
    allow_searchbox: boolean
    background_image: string | null
    clear_background_color: string
    onSelectionChange: ((nodes: Record<string, LGraphNode>) => void) | null
    constructor(canvas: HTMLCanvasElement, graph: LGraph | null, options?: { skip_render?: boolean })
    startRendering(): void
    setDirty(front: boolean, back: boolean): void
    draw(): void
    drawBackCanvas(): void
    drawFrontCanvas(): void
    computeVisibleNodes(nodes: LGraphNode[] | null, out: LGraphNode[]): LGraphNode[]
    processNodeSelected(node: LGraphNode, event: PointerEvent): void
    selectNodes(nodes?: LGraphNode[], add?: boolean): void
    deselectNode(node: LGraphNode): void
    deselectAllNodes(): void
    adjustMouseEvent(event: PointerEvent | MouseEvent): void
    processMouseDown(event: PointerEvent): boolean | undefined
    processMouseMove(event: PointerEvent): boolean | undefined
    processMouseUp(event: PointerEvent): boolean | undefined
    processMouseWheel(): void
    processKey(event: KeyboardEvent): boolean | undefined
    processDrop(event: DragEvent): void
    processNodeDblClicked(node: LGraphNode): void
    processContextMenu(node: LGraphNode | null, event: PointerEvent): void
    showConnectionMenu(options: ConnectionMenu): void
    showSearchBox(event: PointerEvent, options?: object): void
    showLinkMenu(link: LLink, event: PointerEvent): boolean
    prompt(): void
    copyToClipboard(): void
    pasteFromClipboard(): void
    deleteSelectedNodes(): void
  }
}
