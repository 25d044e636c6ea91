// A process with a decoder of pictures that waits to be killed; it prints the decoder's process id. Run with ts-worker.mjs preloaded.
import { VideoDecoder } from '../../modules/media/infra/video/video-decoder.ts';

const decoder = new VideoDecoder();
const track = decoder.openTrack('vp8', 64);
await track.decode(new Uint8Array(10), 'reference');
process.stdout.write(`${decoder.pid}\n`);
setInterval(() => undefined, 1000);
