import { readNodeTypes } from '../../client/document/node-types.ts'
import { nodes } from '../../nodes/index.ts'
import { describeNode } from '../../nodes/sdk/description.ts'
import { objectInfo as hostObjectInfo } from '../../server/graph/object-info.ts'

/** What GET /object_info says, cut down to the nodes of the tests. */
const objectInfo = {
  LoadImage: {
    input: { required: { image: [['a.png', 'b.png'], { image_upload: true, tooltip: 'A picture.' }] } },
    input_order: { required: ['image'] },
    output: ['IMAGE', 'MASK'],
    output_is_list: [false, false],
    output_name: ['IMAGE', 'MASK'],
    display_name: 'Load Image',
    description: 'Reads a picture.',
    category: 'image',
    output_node: false,
  },
  ImageScaleBy: {
    input: {
      required: {
        scale_by: ['FLOAT', { default: 1, min: 0.01, max: 8, step: 0.01 }],
        image: ['IMAGE'],
        upscale_method: [['nearest-exact', 'bicubic'], { default: 'bicubic' }],
      },
    },
    input_order: { required: ['image', 'upscale_method', 'scale_by'] },
    output: ['IMAGE'],
    output_name: ['IMAGE'],
    display_name: 'Upscale Image By',
  },
  Noise: {
    input: {
      required: { image: ['IMAGE', {}], seed: ['INT', { default: 7 }], note: ['STRING', { multiline: true }] },
      optional: { mask: ['MASK'], flip: ['BOOLEAN', { default: true }], kind: ['COMBO', { options: ['x', 'y'] }] },
    },
    output: ['IMAGE'],
    output_name: ['out'],
  },
  SaveImage: {
    input: { required: { images: ['IMAGE'], filename_prefix: ['STRING', { default: 'ComfyUI' }] } },
    output: [],
    output_node: true,
    display_name: 'Save Image',
  },
}

export const types = readNodeTypes(objectInfo)

/** LoadImage → ImageScaleBy → SaveImage, as ComfyUI would have saved it. */
export function savedWorkflow() {
  return {
    last_node_id: 3,
    last_link_id: 2,
    nodes: [
      {
        id: 1,
        type: 'LoadImage',
        pos: { '0': 10, '1': 20 },
        size: [300, 300],
        flags: {},
        order: 0,
        mode: 0,
        inputs: [] as unknown[],
        outputs: [
          { name: 'IMAGE', type: 'IMAGE', links: [1], slot_index: 0 },
          { name: 'MASK', type: 'MASK', links: [] },
        ],
        properties: { 'Node name for S&R': 'LoadImage', cnr_id: 'comfy-core' } as Record<string, unknown>,
        widgets_values: ['b.png', 'image'] as unknown,
      },
      {
        id: 2,
        type: 'ImageScaleBy',
        title: 'Twice as large',
        pos: [400, 20],
        size: [230, 90],
        flags: { collapsed: true },
        order: 1,
        mode: 0,
        color: '#322',
        inputs: [{ name: 'image', type: 'IMAGE', link: 1 }],
        outputs: [{ name: 'IMAGE', type: 'IMAGE', links: [2], slot_index: 0 }],
        properties: {},
        widgets_values: ['nearest-exact', 2],
      },
      {
        id: 3,
        type: 'SaveImage',
        pos: [700, 20],
        size: [300, 300],
        flags: {},
        order: 2,
        mode: 0,
        inputs: [{ name: 'images', type: 'IMAGE', link: 2 }],
        outputs: [],
        properties: {},
        widgets_values: ['out'],
      },
    ],
    links: [
      [1, 1, 0, 2, 0, 'IMAGE'],
      [2, 2, 0, 3, 0, 'IMAGE'],
    ] as unknown[],
    groups: [{ title: 'All', bounding: [0, 0, 1100, 400], color: '#335', font_size: 24 }],
    config: {},
    extra: { ds: { scale: 1, offset: [0, 0] }, author: 'somebody' },
    version: 0.4,
  }
}

/** What a started host offers: every node of ours, as the editor reads it. */
export const allTypes = readNodeTypes(
  Object.fromEntries(
    nodes.map(({ node, category }) => {
      const choices = {
        input_images: ['a.png', 'b.png'],
        gendr_models: ['gendr-nano'],
        gendr_settings: ['default', 'detailed', 'faithful'],
        upscale_models: [],
        iqa_models: [],
      }
      return [node.id, hostObjectInfo(describeNode(node, category), choices)]
    }),
  ),
)
