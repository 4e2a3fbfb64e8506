/** Colours and measures of the canvas: neutral greys, as a darkroom has, so that pictures speak. */
const DARK = {
  ground: '#121316',
  dots: '#2a2d33',
  card: '#1e2025',
  title: '#25282e',
  /** Of a node from far away. */
  farTitle: '#3a3f48',
  border: '#33373f',
  selected: '#e6b566',
  running: '#e6b566',
  done: '#7fc99a',
  idle: '#565c67',
  failed: '#ef6f6c',
  errorGround: '#3a2022',
  errorText: '#ffd9d6',
  text: '#e9eaec',
  quiet: '#989ea9',
  knob: '#e9eaec',
  field: '#15171a',
  fieldFill: '#2b2f36',
  fieldBorder: '#2e3239',
  shadow: 'rgba(0, 0, 0, 0.35)',
}

type Palette = Readonly<Record<keyof typeof DARK, string>>

const LIGHT: Palette = {
  ground: '#f1f1ef',
  dots: '#d3d3cf',
  card: '#ffffff',
  title: '#f4f4f2',
  farTitle: '#c9c9c3',
  border: '#cfcfca',
  selected: '#b97a14',
  running: '#c98a1e',
  done: '#3f9a62',
  idle: '#b3b5ba',
  failed: '#cc4541',
  errorGround: '#fdeceb',
  errorText: '#7c1f1c',
  text: '#1d1f23',
  quiet: '#636974',
  knob: '#ffffff',
  field: '#f6f6f4',
  fieldFill: '#e6e6e2',
  fieldBorder: '#dcdcd7',
  shadow: 'rgba(40, 40, 50, 0.12)',
}

/** A colour of a file; nothing else that a file may hold there. */
export function cssColor(color: string | undefined): string | undefined {
  return color !== undefined && /^#[0-9a-f]{3,8}$/i.test(color) ? color : undefined
}

/** Text for a ground that a file chose, whatever the theme: light on dark, dark on light; the theme's where none was chosen. */
export function inkOn(ground: string | undefined): Pick<Palette, 'text' | 'quiet' | 'selected'> {
  if (ground === undefined) return COLORS
  const digits =
    ground.length < 7 ? [...ground.slice(1, 4)].map((digit) => digit + digit) : (ground.match(/[0-9a-f]{2}/gi) ?? [])
  const [red = 0, green = 0, blue = 0] = digits.map((digit) => Number.parseInt(digit, 16))
  return 0.299 * red + 0.587 * green + 0.114 * blue < 140 ? DARK : LIGHT
}

/** What is drawn with now. */
export const COLORS: Palette = { ...DARK }

export function usePalette(theme: 'light' | 'dark'): void {
  Object.assign(COLORS, theme === 'light' ? LIGHT : DARK)
}

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
