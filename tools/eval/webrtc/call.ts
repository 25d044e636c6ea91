import { setTimeout as sleep } from 'node:timers/promises';
import { connectNode, type AudioClip, type NodeCall, type VideoClip } from '@vis-a-vis/client/node';
import { ToolError } from '../../support/cli.js';
import { askAloud, askByButton, WATCHED_SESSION, type SpokenTurn } from '../../support/spoken-turn.js';

/** Longest wait for an answer after the question (ms). */
const ANSWER_MS = 30_000;
/** Longest wait for the first picture of a turn to be attended (ms). */
const FIRST_FRAME_MS = 15_000;
/** How long the others may take after the last was shown (ms): those that the gateway takes for duplicates never come. */
const OTHER_FRAMES_MS = 1000;
const POLL_MS = 20;

/** What a turn shows, and how many pictures that is. */
export interface Film {
  readonly clip: VideoClip;
  readonly pictures: number;
}

/** One turn, as a camera and a microphone give it. */
export interface FilmedTurn {
  /** Null: nothing new is shown. */
  readonly film: Film | null;
  readonly speech: AudioClip;
}

export interface CallPlan {
  readonly turns: readonly FilmedTurn[];
  /** Turns are marked by a button: what counts is not speech alone. */
  readonly pushToTalk: boolean;
}

/**
 * Holds one conversation in a call of its own: what a turn shows is attended before anything is said.
 * @returns the last turn
 * @throws ToolError where pictures or answers do not come in time; CallError where the call fails
 */
export async function holdConversation(url: string, { turns, pushToTalk }: CallPlan): Promise<SpokenTurn> {
  const opening = turns.find(({ film }) => film !== null)?.film;
  const call = await connectNode({
    url,
    ...(opening && { video: opening.clip, videoOptions: { loop: false } }),
    session: pushToTalk
      ? { ...WATCHED_SESSION, audio: { input: { turn_detection: null } } }
      : WATCHED_SESSION,
  });
  const viewer = new Viewer(call);
  try {
    let answered: SpokenTurn | null = null;
    for (const { film, speech } of turns) {
      if (film) {
        // The opening one has been running since the call began.
        if (film !== opening) call.setVideo(film.clip, { loop: false });
        await viewer.watch(film);
      }
      answered = await (pushToTalk ? askByButton : askAloud)(call, speech, ANSWER_MS);
    }
    if (!answered) throw new RangeError('a conversation needs at least one turn');
    return answered;
  } finally {
    await call.close();
  }
}

/** Counts what the model has taken in. */
class Viewer {
  #attended = 0;
  /** Pictures of the films so far; later ones are of the next. */
  #before = 0;
  #closed: string | null = null;

  constructor(call: NodeCall) {
    call.on('frame', () => (this.#attended += 1));
    call.on('closed', ({ reason }) => (this.#closed = reason));
  }

  /** Waits until the film is over, and what there was to attend has been attended. @throws ToolError where nothing was */
  async watch({ clip, pictures }: Film): Promise<void> {
    await sleep(clip.durationMs);
    if (!(await this.#attends(1, FIRST_FRAME_MS))) {
      throw new ToolError(`no picture was attended within ${FIRST_FRAME_MS / 1000} s`);
    }
    await this.#attends(pictures, OTHER_FRAMES_MS);
    this.#before = this.#attended;
  }

  async #attends(count: number, timeoutMs: number): Promise<boolean> {
    const deadlineMs = performance.now() + timeoutMs;
    while (this.#attended - this.#before < count) {
      if (this.#closed !== null) throw new ToolError(`the call ended: ${this.#closed}`);
      if (performance.now() >= deadlineMs) return false;
      await sleep(POLL_MS);
    }
    return true;
  }
}
