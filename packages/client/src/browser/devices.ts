import type { Device } from '../call/options.js';
import { CallError } from '../errors.js';

const KINDS: Readonly<Record<MediaDeviceKind, Device['kind']>> = {
  audioinput: 'microphone',
  videoinput: 'camera',
  audiooutput: 'speaker',
};

/** What browsers throw for what. */
const CODES: Readonly<Record<string, readonly [code: string, message: string]>> = {
  NotAllowedError: ['permission_denied', 'The person, or the browser, did not allow it.'],
  SecurityError: ['permission_denied', 'The browser does not allow it on this page.'],
  NotFoundError: ['no_device', 'There is no such device.'],
  OverconstrainedError: ['no_device', 'There is no such device.'],
  NotReadableError: ['device_busy', 'Another program has the device.'],
  AbortError: ['device_failed', 'The device did not start.'],
};

/** The cameras, microphones and loudspeakers there are. Their names are empty until the person has allowed one of them. */
export async function listDevices(): Promise<readonly Device[]> {
  const found = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return found.map(({ deviceId, kind, label }) => ({ id: deviceId, kind: KINDS[kind], label }));
}

/** @throws CallError `permission_denied`, `no_device`, `device_busy`, `device_failed`, `not_supported` */
export async function openDevice(
  kind: 'audio' | 'video' | 'screen',
  constraints: MediaTrackConstraints,
): Promise<MediaStreamTrack> {
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices)
    throw new CallError('not_supported', 'Browsers give devices to pages of localhost or over HTTPS only.');
  try {
    const media =
      kind === 'screen'
        ? await devices.getDisplayMedia({ video: constraints })
        : await devices.getUserMedia({ [kind]: constraints });
    const [track] = media.getTracks();
    if (track) return track;
    throw new CallError('no_device', 'The device has no track.');
  } catch (cause) {
    if (cause instanceof CallError) throw cause;
    const [code, message] = CODES[(cause as DOMException).name] ?? ['device_failed', String(cause)];
    throw new CallError(code, message, { cause });
  }
}
