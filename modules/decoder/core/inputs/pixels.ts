import { VisavisError, type RgbImage } from '#modules/contracts';

/** Says whether a picture is what the vision encoder takes. @param smaller it may also be smaller. @throws `bad_image` */
export function checkImage(image: RgbImage, size: { width: number; height: number }, smaller = false): void {
  const fits = smaller
    ? image.width <= size.width && image.height <= size.height
    : image.width === size.width && image.height === size.height;
  if (!fits) {
    throw new VisavisError(
      'bad_image',
      `a picture of ${size.width}×${size.height} is needed, this one is ${image.width}×${image.height}`,
    );
  }
  if (image.data.length !== image.width * image.height * 3) {
    throw new VisavisError(
      'bad_image',
      `${image.data.length} bytes are not ${image.width}×${image.height} RGB`,
    );
  }
}

/** RGB24, row-major, to planes `[3, height, width]` of (x/255 − mean) / std. */
export function toPlanes(image: RgbImage, mean: readonly number[], std: readonly number[]): Float32Array {
  const pixels = image.width * image.height;
  const planes = new Float32Array(3 * pixels);
  for (let channel = 0; channel < 3; channel++) {
    const scale = 1 / (255 * (std[channel] ?? 1));
    const shift = (mean[channel] ?? 0) / (std[channel] ?? 1);
    for (let pixel = 0; pixel < pixels; pixel++) {
      planes[channel * pixels + pixel] = (image.data[pixel * 3 + channel] ?? 0) * scale - shift;
    }
  }
  return planes;
}
