import type { JudgeService, Judgement } from '#modules/vad';
import type { Told } from '../core/inputs.js';
import type { JudgeHandle, JudgePort } from '../core/ports.js';

/** The VAD module's judge of sounds. */
export class JudgeAdapter implements JudgePort {
  readonly #judge: Pick<JudgeService, 'models' | 'open'>;

  constructor(judge: Pick<JudgeService, 'models' | 'open'>) {
    this.#judge = judge;
  }

  get tells(): JudgePort['tells'] {
    return this.#judge.models;
  }

  open(): JudgeHandle {
    const stream = this.#judge.open();
    return {
      judge: async (pcm, wanted) => toldBy(await stream.judge(pcm, wanted)),
      close: () => stream.close(),
    };
  }
}

function toldBy({ turnEnd, speech }: Judgement): Told {
  return { ...(turnEnd !== null && { turnEnd }), ...(speech !== null && { speech }) };
}
