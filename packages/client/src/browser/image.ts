import type { ImageSource } from '../call/options.js';
import { dataUrlOf, fits } from '../image-bytes.js';
import { CallError } from '../errors.js';

/** What the gateway looks at (pixels a side); more would be sent for nothing. */
const MAX_SIDE = 768;
const QUALITIES = [0.9, 0.75, 0.5];

/** @returns a data URL; what is too large is drawn smaller. @throws CallError `bad_image`, `message_too_large` */
export async function encodeImage(image: ImageSource, maxBytes: number): Promise<string> {
  const url = await dataUrlOf(image);
  if (url !== null && fits(url, maxBytes)) return url;
  try {
    return await drawn(await drawable(image, url), maxBytes);
  } catch (cause) {
    if (cause instanceof CallError) throw cause;
    throw new CallError('bad_image', 'The picture cannot be drawn.', { cause });
  }
}

async function drawable(image: ImageSource, url: string | null): Promise<CanvasImageSource> {
  if (url === null) return image as CanvasImageSource;
  return createImageBitmap(await (await fetch(url)).blob());
}

async function drawn(image: CanvasImageSource, maxBytes: number): Promise<string> {
  const [width, height] = sizeOf(image);
  const scale = Math.min(1, MAX_SIDE / Math.max(width, height, 1));
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(width * scale)),
    Math.max(1, Math.round(height * scale)),
  );
  const context = canvas.getContext('2d');
  if (!context) throw new CallError('not_supported', 'This browser draws nothing.');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  for (const quality of QUALITIES) {
    const url = await dataUrlOf(await canvas.convertToBlob({ type: 'image/jpeg', quality }));
    if (url !== null && fits(url, maxBytes)) return url;
  }
  throw new CallError('message_too_large', `The picture does not fit into ${maxBytes} bytes.`);
}

function sizeOf(image: CanvasImageSource): [number, number] {
  if ('videoWidth' in image) return [image.videoWidth, image.videoHeight];
  if ('naturalWidth' in image) return [image.naturalWidth, image.naturalHeight];
  if ('displayWidth' in image) return [image.displayWidth, image.displayHeight];
  const { width, height } = image;
  return typeof width === 'number' && typeof height === 'number' ? [width, height] : [MAX_SIDE, MAX_SIDE];
}
