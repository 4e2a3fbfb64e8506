/** Colours and measures of the canvas: neutral greys, as a darkroom has, so that pictures speak. */
export const COLORS = {
  ground: '#121316',
  dots: '#2a2d33',
  card: '#1e2025',
  title: '#25282e',
  /** Of a node from far away. */
  farTitle: '#3a3f48',
  border: '#33373f',
  selected: '#e6b566',
  running: '#e6b566',
  failed: '#ef6f6c',
  text: '#e9eaec',
  quiet: '#989ea9',
  field: '#15171a',
  fieldFill: '#2b2f36',
  fieldBorder: '#2e3239',
  shadow: 'rgba(0, 0, 0, 0.35)',
} as const

const SOCKETS: Readonly<Record<string, string>> = {
  IMAGE: '#6ea8e6',
  MASK: '#7fc99a',
  LATENT: '#d28bd0',
  TILE_LAYOUT: '#cdbb62',
  GENDR_MODEL: '#e88f5b',
  UPSCALE_MODEL: '#e88f5b',
  INT: '#9fb3c8',
  FLOAT: '#9fb3c8',
  STRING: '#b7c89f',
  BOOLEAN: '#c8a99f',
}

export const OTHER_SOCKET = '#9aa0ab'

export const SOCKET_COLORS: Readonly<Record<string, string>> = SOCKETS

export function socketColor(type: string): string {
  return SOCKETS[type] ?? OTHER_SOCKET
}

/** Distance of the dots on the ground, and of places that nodes snap to. */
export const GRID = 24

export const FONT = 'Inter, "Segoe UI", system-ui, -apple-system, "Liberation Sans", sans-serif'

export const MEASURES = {
  title: 30,
  slot: 22,
  widget: 26,
  gap: 4,
  margin: 10,
  radius: 9,
  width: 230,
  /** Height of the place for pictures in a new node. */
  picture: 200,
} as const
