import { colorTransfer } from './gendr/color-transfer.ts'
import { gendrRestore } from './gendr/gendr-restore.ts'
import { gendrUnet } from './gendr/gendr-unet.ts'
import { gendrModelLoader } from './gendr/model-loader.ts'
import { tileMerge } from './gendr/tile-merge.ts'
import { tileSplit } from './gendr/tile-split.ts'
import { vae16Decode } from './gendr/vae16-decode.ts'
import { vae16Encode } from './gendr/vae16-encode.ts'
import { adjustBrightness } from './image/adjust-brightness.ts'
import { adjustContrast } from './image/adjust-contrast.ts'
import { emptyImage } from './image/empty-image.ts'
import { getImageSize } from './image/get-image-size.ts'
import { imageAddNoise } from './image/image-add-noise.ts'
import { imageAutoLevels } from './image/image-auto-levels.ts'
import { imageBatch } from './image/image-batch.ts'
import { imageBlend } from './image/image-blend.ts'
import { imageBlur } from './image/image-blur.ts'
import { imageCompare } from './image/image-compare.ts'
import { imageCompositeMasked } from './image/image-composite-masked.ts'
import { imageCrop } from './image/image-crop.ts'
import { imageCropToContent } from './image/image-crop-to-content.ts'
import { imageDenoise } from './image/image-denoise.ts'
import { imageDustAndScratches } from './image/image-dust-and-scratches.ts'
import { imageFillAlpha } from './image/image-fill-alpha.ts'
import { imageFillMasked } from './image/image-fill-masked.ts'
import { imageFlip } from './image/image-flip.ts'
import { imageFromBatch } from './image/image-from-batch.ts'
import { imageHueSaturation } from './image/image-hue-saturation.ts'
import { imageInvert } from './image/image-invert.ts'
import { imageLevels } from './image/image-levels.ts'
import { imagePadForOutpaint } from './image/image-pad-for-outpaint.ts'
import { imageRemoveScratches } from './image/image-remove-scratches.ts'
import { imageRotate } from './image/image-rotate.ts'
import { imageScale } from './image/image-scale.ts'
import { imageScaleBy } from './image/image-scale-by.ts'
import { imageScaleToMaxDimension } from './image/image-scale-to-max-dimension.ts'
import { imageScaleToTotalPixels } from './image/image-scale-to-total-pixels.ts'
import { imageSharpen } from './image/image-sharpen.ts'
import { imageStitch } from './image/image-stitch.ts'
import { imageStraighten } from './image/image-straighten.ts'
import { imageUnsharpMask } from './image/image-unsharp-mask.ts'
import { imageWhiteBalance } from './image/image-white-balance.ts'
import { loadImage } from './image/load-image.ts'
import { previewImage } from './image/preview-image.ts'
import { repeatImageBatch } from './image/repeat-image-batch.ts'
import { resizeAndPadImage } from './image/resize-and-pad-image.ts'
import { saveImage } from './image/save-image.ts'
import { saveImageAs } from './image/save-image-as.ts'
import { saveImageWebsocket } from './image/save-image-websocket.ts'
import { compareNumbers } from './logic/compare-numbers.ts'
import { gate } from './logic/gate.ts'
import { rebatchImages } from './logic/rebatch-images.ts'
import { switchNode } from './logic/switch.ts'
import { cropMask } from './mask/crop-mask.ts'
import { featherMask } from './mask/feather-mask.ts'
import { growMask } from './mask/grow-mask.ts'
import { imageColorToMask } from './mask/image-color-to-mask.ts'
import { imageToMask } from './mask/image-to-mask.ts'
import { invertMask } from './mask/invert-mask.ts'
import { joinImageWithAlpha } from './mask/join-image-with-alpha.ts'
import { loadImageMask } from './mask/load-image-mask.ts'
import { maskComposite } from './mask/mask-composite.ts'
import { maskPreview } from './mask/mask-preview.ts'
import { maskToImage } from './mask/mask-to-image.ts'
import { solidMask } from './mask/solid-mask.ts'
import { splitImageWithAlpha } from './mask/split-image-with-alpha.ts'
import { thresholdMask } from './mask/threshold-mask.ts'
import { imageHistogram } from './measure/image-histogram.ts'
import { imageIqa } from './measure/image-iqa.ts'
import { imageNiqe } from './measure/image-niqe.ts'
import { imagePsnr } from './measure/image-psnr.ts'
import { imageSsim } from './measure/image-ssim.ts'
import { primitiveBoolean } from './primitive/primitive-boolean.ts'
import { primitiveFloat } from './primitive/primitive-float.ts'
import { primitiveInt } from './primitive/primitive-int.ts'
import { primitiveString } from './primitive/primitive-string.ts'
import { primitiveStringMultiline } from './primitive/primitive-string-multiline.ts'
import type { AnyNode } from './sdk/node.ts'
import { imageUpscaleWithModel } from './upscale/image-upscale-with-model.ts'
import { upscaleModelLoader } from './upscale/upscale-model-loader.ts'

const categories: Readonly<Record<string, readonly AnyNode[]>> = {
  image: [
    loadImage,
    saveImage,
    saveImageAs,
    saveImageWebsocket,
    previewImage,
    imageCompare,
    getImageSize,
    imageScale,
    imageScaleBy,
    imageScaleToTotalPixels,
    imageScaleToMaxDimension,
    resizeAndPadImage,
    imageCrop,
    imageCropToContent,
    imagePadForOutpaint,
    imageRotate,
    imageStraighten,
    imageFlip,
    imageStitch,
    imageLevels,
    imageAutoLevels,
    imageWhiteBalance,
    imageHueSaturation,
    adjustBrightness,
    adjustContrast,
    imageInvert,
    imageRemoveScratches,
    imageDustAndScratches,
    imageFillMasked,
    imageDenoise,
    imageBlur,
    imageSharpen,
    imageUnsharpMask,
    imageAddNoise,
    imageBlend,
    imageCompositeMasked,
    imageFillAlpha,
    emptyImage,
    imageBatch,
    imageFromBatch,
    repeatImageBatch,
  ],
  mask: [
    loadImageMask,
    imageToMask,
    imageColorToMask,
    maskToImage,
    maskPreview,
    solidMask,
    invertMask,
    thresholdMask,
    growMask,
    featherMask,
    cropMask,
    maskComposite,
    joinImageWithAlpha,
    splitImageWithAlpha,
  ],
  gendr: [gendrModelLoader, gendrRestore, tileSplit, vae16Encode, gendrUnet, vae16Decode, tileMerge, colorTransfer],
  upscale: [upscaleModelLoader, imageUpscaleWithModel],
  logic: [switchNode, gate, compareNumbers, rebatchImages],
  measure: [imagePsnr, imageSsim, imageNiqe, imageIqa, imageHistogram],
  primitive: [primitiveInt, primitiveFloat, primitiveString, primitiveStringMultiline, primitiveBoolean],
}

/** Every node of ours with its category, the folder that it is in. */
export const nodes: readonly { readonly category: string; readonly node: AnyNode }[] = Object.entries(
  categories,
).flatMap(([category, members]) => members.map((node) => ({ category, node })))
