import type { Rectangle } from '../nodes/sdk/rectangle.ts'

/**
 * Words of the panels, beside each other so that they agree; what one menu alone says stands there. Sentences with values
 * are functions.
 */
export const STRINGS = {
  close: 'Close',
  rail: 'Panels',
  drop: 'Drop a picture, several, or a workflow',
  inQueue: (waiting: number) => (waiting === 1 ? 'one more waits' : `${waiting} more wait`),
  views: {
    group: 'View',
    graph: { label: 'Graph', title: 'Nodes and their links' },
    form: { label: 'Form', title: 'Only the settings that matter' },
  },
  fields: 'Settings of this node',
  panels: { help: 'Help', theme: 'Theme' },
  themes: { system: 'As the system', light: 'Light', dark: 'Dark' },
  runMenu: {
    title: 'Other ways to run',
    now: 'Run',
    onChange: 'Run on every change',
    files: 'Run for several pictures…',
    folder: 'Run for a folder…',
    clear: 'Remove all that wait',
  },
  share: {
    title: 'Share',
    hint: 'Files, a picture with the graph inside, a link',
    file: 'Download the workflow',
    api: 'Download for the API',
    picture: 'Download a picture with the graph inside',
    noPicture: {
      message: 'The graph is not in view, so there is no picture of it.',
      remedy: 'Press Graph at the top, then share it.',
    },
    link: 'Copy a link to this graph',
    copied: 'The link is on the clipboard.',
    copiedHint: 'It holds the whole graph, but no pictures.',
    notCopied: 'The browser did not let us write to the clipboard. Copy the link from here:',
    badLink: 'The graph in this link cannot be read.',
    badLinkHint: 'It may have been cut off; copy it again.',
    shared: 'Shared graph',
  },
  form: {
    region: 'Form',
    more: 'More settings',
    nothing: 'This graph has no settings. Choose another under Templates, or add nodes in the graph.',
    run: 'Run',
    cancel: 'Stop',
    failed: 'The run failed.',
    choose: 'Choose a photograph…',
    noPicture: 'No photograph yet',
    whole: 'The whole picture',
    rectangle: ({ x, y, width, height }: Rectangle) => `${width} × ${height}, from ${x}, ${y}`,
    dropAnywhere: 'Or drop one anywhere on this page.',
    dropHere: 'Or drop one on it.',
    noField: {
      message: 'No field of this form takes a picture.',
      remedy: 'In the graph, show the picture of a Load Image node in the form: it is in the menu of the node.',
    },
    download: (name: string) => `Download ${name}`,
    origin: {
      words: (name: string) => `It is as it was set on ‘${name}’.`,
      reset: 'Reset',
      resetTitle: 'Leave the picture as it is',
    },
    result: (photograph: string | undefined) => (photograph === undefined ? 'Result' : `Result of ${photograph}`),
    expose: 'Show in the form',
    exposeTitle: 'Settings of this node in the form',
  },
  library: {
    title: 'Library',
    name: 'Name, with folders',
    save: 'Save',
    hint: 'Workflows on this host. A slash makes a folder; what was there before is kept as a version.',
    none: 'Nothing is kept here yet.',
    menu: (name: string) => `What to do with ${name}`,
    versions: 'Earlier versions…',
    noVersions: 'There are none',
    replaced: (time: string) => `Until ${time}`,
    rename: 'Rename or move…',
    link: 'Copy link',
    remove: 'Remove',
    saved: (path: string) => `Saved as ‘${path}’.`,
    removed: (path: string) => `‘${path}’ is removed from the library.`,
    putBack: 'Put back',
  },
  templates: {
    title: 'Templates',
    none: 'This host has no templates.',
  },
  seconds: (milliseconds: number) => `${(milliseconds / 1000).toFixed(milliseconds < 9950 ? 1 : 0)} s`,
  runs: {
    title: 'Runs',
    stages: { running: 'Running', waiting: 'Waiting', done: 'Done', failed: 'Failed', cancelled: 'Stopped' },
    nothing: 'Nothing has run yet.',
    waitingCount: (count: number) => (count === 1 ? 'One run waits' : `${count} runs wait`),
    over: 'Earlier',
    untitled: (nodes: number) => (nodes === 1 ? 'One node' : `${nodes} nodes`),
    progress: 'Progress',
    step: (value: number, max: number) => `${value} of ${max}`,
    left: (milliseconds: number) => {
      const seconds = Math.ceil(milliseconds / 1000)
      return seconds < 90 ? `${seconds} s left` : `${Math.round(seconds / 60)} min left`
    },
    nodes: (done: number, total: number) => `${done} of ${total} nodes`,
    stop: 'Stop',
    remove: 'Remove',
    removeAll: 'Remove all',
    toFront: 'Run next',
    graph: 'Open graph',
    again: 'Again',
    forget: 'Forget',
    forgetAll: 'Forget all…',
    forgetAllNow: 'Forget all runs and their graphs, and empty the gallery',
    forgetNothing: 'Keep them',
    filesStay: 'pictures stay',
    timeline: 'Timeline of the run',
    timelineButton: 'Timeline',
    more: 'Show more',
  },
  scale: {
    becomes: (from: string, to: string, pixels: string) => `${from} becomes ${to} (${pixels}).`,
    tooLarge: (from: string, to: string, pixels: string, most: string) =>
      `${from} would become ${to} (${pixels}), more than the ${most} that this host makes.`,
    largest: (scale: string) => `The largest scale that fits is ${scale}.`,
    none: 'No scale fits: choose a smaller picture, or allow more with --max-pixels.',
    use: (scale: string) => `Set the scale to ${scale}`,
  },
  zip: {
    label: 'ZIP',
    title: (what: string) => `${what} as one ZIP`,
    all: 'Download all as ZIP',
  },
  gallery: {
    title: 'Gallery',
    search: 'Search results',
    none: 'Pictures that you save come here, each with its graph.',
    noneFound: 'No result of that name.',
    mark: (name: string) => `Mark ${name}`,
    markTitle: 'Mark two to compare them, or as many as you want to download',
    compare: 'Compare',
    compareOneMore: 'Mark one more',
    saveAll: 'Download all',
    saveMarked: (count: number) => `Download ${counted(count)}`,
    stop: (count: number) => `Stop · ${counted(count)}`,
    saved: picturesSaved,
    gone: (first: string, count: number) =>
      count === 1
        ? `‘${first}’ is not on the host any more.`
        : `‘${first}’ and ${counted(count - 1)} more are not on the host any more.`,
    notSaved: (name: string, saved: number, reason: string) =>
      `‘${name}’ could not be saved: ${reason}. ${picturesSaved(saved)}`,
    menu: (name: string) => `What to do with ${name}`,
    openGraph: 'Open its graph',
    use: 'Use as input',
    download: 'Download',
  },
  viewer: {
    region: 'Pictures',
    before: 'Before',
    after: 'After',
    compareWith: 'Compare with…',
    chooseBefore: 'Choose the picture before',
    chooseAfter: 'Choose the picture after',
    swap: 'Swap before and after',
    single: 'Show only one picture',
    zoom: 'Fit the window, or one pixel to one pixel',
    fit: 'Fit',
    large: 'Large',
    largeTitle: 'Over the whole page',
    closeTitle: 'Close (Esc)',
    download: 'Download',
    downloadTitle: 'Save this picture as a file; or drag it to a folder',
    useAsInput: 'Use as input',
    modes: {
      group: 'Compare',
      slider: { label: 'Slider', title: 'Before and after under a slider' },
      sides: { label: 'Side by side', title: 'Both at the same place' },
      flip: { label: 'Flip', title: 'One in place of the other; Space or a click changes' },
      difference: { label: 'Difference', title: 'How far they differ, eight times as strong' },
      loupe: { label: 'Loupe', title: 'Both enlarged under the pointer' },
    },
    channels: {
      label: 'Channel',
      all: 'Colour',
      red: 'Red',
      green: 'Green',
      blue: 'Blue',
      alpha: 'Alpha',
      luma: 'Luma',
    },
    histogram: 'Histogram',
    histogramTitle: 'How often each value occurs (H)',
    grid: 'Tiles',
    gridTitle: 'Where the tiles of the run meet (G)',
    gridNone: 'One tile',
    gridTiles: (columns: number, rows: number) => `${columns} × ${rows} tiles`,
    divider: 'Before and after',
    split: (percent: number) => `${percent} % before`,
    bits: (bits: number) => `${bits} bit`,
    levels: (mean: number) => `mean ${mean.toFixed(1)}`,
    clipped: (dark: string, light: string) => `black ${dark} · white ${light}`,
    thumb: (number: number) => `Picture ${number}`,
    failed: 'This picture cannot be shown: the host does not have it any more, or cannot decode it.',
    frame: 'Picture: arrow keys move, + and − zoom, 1 is one to one, 0 fits',
  },
  /** What is set on a picture. */
  drawing: {
    label: 'Set on the picture…',
    fed: {
      message: (field: string, title: string) =>
        `‘${field}’ of ‘${title}’ comes through a link, so nobody can draw it.`,
      remedy: 'Remove that link first.',
    },
    nothing: (title: string) => `No picture goes into ‘${title}’.`,
    connect: 'Link one to it, from a node that runs.',
    unknown: {
      message: (title: string) => `Nobody has seen the picture yet that goes into ‘${title}’.`,
      remedy: 'Run the graph up to there once; then the picture opens.',
    },
    run: 'Run up to there',
    renew: 'Renew the picture',
    busy: {
      message: 'Nothing was loaded: something is being set on a picture.',
      remedy: 'Apply or cancel that, then drop the file again.',
    },
    renewTitle: 'It is of a run; the graph may give another since',
    apply: 'Apply',
    applyTitle: 'Set the node to this (Enter)',
    cancel: 'Cancel',
    cancelTitle: 'Leave the node as it was (Esc)',
    rectangle: {
      label:
        'Picture with a rectangle: arrow keys move it, with Shift by ten; Enter applies, Escape leaves it as it was',
      inside: 'Rectangle: arrow keys move it',
      whole: 'Whole picture',
      size: (width: number, height: number) => `${width} × ${height} pixels`,
      handles: {
        nw: 'Left top corner',
        n: 'Top edge',
        ne: 'Right top corner',
        e: 'Right edge',
        se: 'Right bottom corner',
        s: 'Bottom edge',
        sw: 'Left bottom corner',
        w: 'Left edge',
      },
    },
    level: {
      label:
        'Picture to be levelled: arrow keys turn it, with Shift ten times as far; Enter applies, Escape leaves it as it was',
      hint: 'Draw a line along what shall be level or upright.',
      none: 'Not turned',
      angle: (degrees: string) => `${degrees.replace('-', '−')}°`,
    },
  },
  browserFull: {
    message: 'The browser has no room for this work: what is edited now is lost with the page.',
    remedy: 'Save it as a file (Ctrl+S) or in the library, then close workflows that you do not need.',
  },
  loading: (name: string) => `Loading ‘${name}’…`,
  sending: 'Sending…',
  unreadableGraph: (name: string) => `The graph in ‘${name}’ cannot be read; it is loaded as a picture.`,
  /** In the place of a picture in a node. */
  picture: {
    loading: '',
    missing: 'This picture is not there',
    unreadable: 'This file cannot be read as a picture',
  },
  opened: {
    message: (name: string) => `The graph in ‘${name}’ is open.`,
    asPicture: 'Load the picture instead',
  },
  loaded: {
    message: (name: string) => `‘${name}’ is loaded.`,
    unreadable: (name: string) => `‘${name}’ is loaded, but cannot be read as a picture.`,
    asNode: 'Add as a new node instead',
    closed: 'The workflow that it was loaded in is closed.',
  },
  batch: {
    sending: (sent: number, total: number) => `${counted(sent)} of ${counted(total)} sent`,
    ended: (sent: number, total: number) => `${counted(sent)} of ${counted(total)} pictures were sent to be run.`,
    rest: (first: string, left: number) =>
      left === 1 ? `‘${first}’ was not.` : `‘${first}’ and ${counted(left - 1)} more were not.`,
    sendRest: 'Send the rest',
    cutOff: {
      message: (name: string, times: number) =>
        `‘${name}’ was sent ${times} times, and each time the connection was lost, though the host answers.`,
      remedy: 'Something between may limit uploads, such as a proxy: allow more there, or choose a smaller file.',
    },
    queued: (count: number) => (count === 1 ? 'One run is in the queue.' : `${count} runs are in the queue.`),
    where: 'Their results come into the gallery.',
    alike: (titles: readonly string[]) =>
      `Each of them is changed alike by ${titles.map((title) => `‘${title}’`).join(' and ')}, as set now.`,
    over: (count: number) => `All ${counted(count)} pictures have been run.`,
    overBut: (done: number, total: number) =>
      `${counted(done)} of ${counted(total)} pictures have been run to the end.`,
    there: 'Their results are in the gallery.',
    why: 'Runs says why.',
    noLoader: {
      message: 'Nothing in this graph loads a picture.',
      remedy: 'Add a Load Image node and connect it; then each picture is run through it.',
    },
    noPicture: (name: string) => `There is no picture in ‘${name}’.`,
    noPictures: { message: 'There is no picture among these files.', remedy: 'Choose PNG, JPEG, WebP, TIFF or AVIF.' },
  },
  blamed: { show: 'Show the node', gone: 'This node is not there any more.' },
  partial: {
    label: 'Run up to here',
    noPicture: (title: string) => `‘${title}’ gives no picture that could be shown.`,
    remedy: 'Run up to a node with an IMAGE output, or to one that shows or saves pictures.',
  },
  picker: {
    title: 'Choose a picture',
    results: 'Results',
    inputs: 'Inputs',
    none: 'Nothing here yet.',
    search: 'Search pictures',
  },
} as const

function picturesSaved(count: number): string {
  if (count === 0) return 'No picture is saved.'
  return count === 1 ? 'One picture is saved.' : `${counted(count)} pictures are saved.`
}

/** `5,000` */
function counted(number: number): string {
  return number.toLocaleString('en')
}
