import { colorTransfer } from './gendr/color-transfer.ts'
import { gendrRestore } from './gendr/gendr-restore.ts'
import { gendrUnet } from './gendr/gendr-unet.ts'
import { gendrModelLoader } from './gendr/model-loader.ts'
import { tileMerge } from './gendr/tile-merge.ts'
import { tileSplit } from './gendr/tile-split.ts'
import { vae16Decode } from './gendr/vae16-decode.ts'
import { vae16Encode } from './gendr/vae16-encode.ts'
import { imageCompare } from './image/image-compare.ts'
import { imageInvert } from './image/image-invert.ts'
import { imageScale } from './image/image-scale.ts'
import { imageScaleBy } from './image/image-scale-by.ts'
import { loadImage } from './image/load-image.ts'
import { previewImage } from './image/preview-image.ts'
import { saveImage } from './image/save-image.ts'
import { compareNumbers } from './logic/compare-numbers.ts'
import { gate } from './logic/gate.ts'
import { rebatchImages } from './logic/rebatch-images.ts'
import { switchNode } from './logic/switch.ts'
import { imageHistogram } from './measure/image-histogram.ts'
import { imageNiqe } from './measure/image-niqe.ts'
import { imagePsnr } from './measure/image-psnr.ts'
import { imageSsim } from './measure/image-ssim.ts'
import type { AnyNode } from './sdk/node.ts'
import { imageUpscaleWithModel } from './upscale/image-upscale-with-model.ts'
import { upscaleModelLoader } from './upscale/upscale-model-loader.ts'

const categories: Readonly<Record<string, readonly AnyNode[]>> = {
  image: [loadImage, saveImage, previewImage, imageCompare, imageScale, imageScaleBy, imageInvert],
  gendr: [gendrModelLoader, gendrRestore, tileSplit, vae16Encode, gendrUnet, vae16Decode, tileMerge, colorTransfer],
  upscale: [upscaleModelLoader, imageUpscaleWithModel],
  logic: [switchNode, gate, compareNumbers, rebatchImages],
  measure: [imagePsnr, imageSsim, imageNiqe, imageHistogram],
}

/** Every node of ours with its category, the folder that it is in. */
export const nodes: readonly { readonly category: string; readonly node: AnyNode }[] = Object.entries(
  categories,
).flatMap(([category, members]) => members.map((node) => ({ category, node })))
