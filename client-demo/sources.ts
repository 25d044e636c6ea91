import { ClipPlayer } from './clip-player.js';
import { element } from './dom.js';
import type { TableEditor } from './table-editor.js';

/** What a call sends, and how it is given back. */
export interface Sources {
  readonly audio: MediaStreamTrack | undefined;
  readonly video: MediaStreamTrack | undefined;
  /** What the camera shows, to take pictures from. */
  readonly picture: HTMLVideoElement | HTMLCanvasElement;
  /** Says the built-in questions; null with a real microphone. */
  readonly clips: ClipPlayer | null;
  release(): Promise<void>;
}

export interface Choice {
  readonly camera: 'table' | 'real';
  readonly mic: 'clips' | 'real';
}

/** Opens the chosen camera and microphone. Rejects where the visitor refuses them. */
export async function openSources(choice: Choice, table: TableEditor): Promise<Sources> {
  const devices = await openDevices(choice);
  const clips = choice.mic === 'clips' ? new ClipPlayer() : null;
  const camera = choice.camera === 'table' ? table.stream() : devices;
  const preview = element('video', HTMLVideoElement);
  if (choice.camera === 'real') {
    preview.srcObject = devices;
    await preview.play();
  }
  return {
    audio: clips === null ? devices?.getAudioTracks()[0] : clips.track,
    video: camera?.getVideoTracks()[0],
    picture: choice.camera === 'table' ? table.canvas : preview,
    clips,
    async release() {
      for (const track of [...(devices?.getTracks() ?? []), ...(camera?.getTracks() ?? [])]) track.stop();
      preview.srcObject = null;
      await clips?.close();
    },
  };
}

async function openDevices({ camera, mic }: Choice): Promise<MediaStream | null> {
  if (camera !== 'real' && mic !== 'real') return null;
  return navigator.mediaDevices.getUserMedia({
    video: camera === 'real' && { width: 640, height: 480 },
    audio: mic === 'real',
  });
}
