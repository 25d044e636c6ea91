import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser } from 'playwright-core';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** A headless Chromium; with `media`, its camera and microphone are these files. */
export function launchChromium(
  media?: { video: string; audio: string },
  more: readonly string[] = [],
): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      // Nothing but the gateway is asked for anything.
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--allow-loopback-in-peer-connection',
      '--autoplay-policy=no-user-gesture-required',
      ...(media
        ? [
            '--use-fake-ui-for-media-stream',
            '--use-fake-device-for-media-stream',
            `--use-file-for-fake-video-capture=${join(ROOT, media.video)}`,
            `--use-file-for-fake-audio-capture=${join(ROOT, media.audio)}%noloop`,
          ]
        : []),
      ...more,
    ],
  });
}

/** Where a test leaves what people may want to look at. */
export async function artifact(name: string): Promise<string> {
  const folder = join(ROOT, 'artifacts');
  await mkdir(folder, { recursive: true });
  return join(folder, name);
}
