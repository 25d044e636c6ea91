import { setImmediate as turn } from 'node:timers/promises';
import type { MediaPacket } from '../rooms/room.js';
import { Speech } from './speech.js';
import type { Synthesiser } from './synthesiser.js';

/** So many packets of 20 ms, whose content is the number of the sentence. */
function numbering(packets: number): Synthesiser & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async speak(text, signal) {
      await turn();
      signal.throwIfAborted();
      if (text.startsWith('Broken')) throw new Error('no such voice');
      asked.push(text);
      const number = asked.length;
      return {
        packets: Array.from({ length: packets }, () => Uint8Array.of(number)),
        ticks: Array(packets).fill(960),
        durationMs: packets * 20,
      };
    },
  };
}

function speaking(synthesiser: Synthesiser) {
  const heard: MediaPacket[] = [];
  const states: boolean[] = [];
  const failures: string[] = [];
  const speech = new Speech({
    synthesiser,
    voice: { send: (packet) => void heard.push(packet) },
    onSpeaking: (state) => void states.push(state),
    onFailed: (error) => void failures.push(String(error)),
    leadInMs: 0,
  });
  return { speech, heard, states, failures };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn();
}

describe('Speech', () => {
  it('says sentence after sentence, and tells that it speaks', async () => {
    const { speech, heard, states } = speaking(numbering(2));
    speech.say('One. Two. Three.');
    await until(() => states.at(-1) === false);
    expect(heard.map(({ payload }) => payload[0])).toEqual([1, 1, 2, 2, 3, 3]);
    expect(heard.map(({ sequenceNumber }) => sequenceNumber)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(states).toEqual([true, false]);
    speech.close();
  });

  it('stops at once, and speaks again when there is something else', async () => {
    const synthesiser = numbering(500);
    const { speech, heard, states } = speaking(synthesiser);
    speech.say('One. Two. Three. Four. Five. Six.');
    await until(() => heard.length > 2);
    speech.hush();
    const before = heard.length;
    expect(states).toEqual([true, false]);
    // Of what waits not everything is made into sound ahead of its time.
    expect(synthesiser.asked.length).toBeLessThan(5);
    speech.say('Seven.');
    await until(() => heard.length > before);
    expect(heard[before]).toMatchObject({ marker: true, payload: Uint8Array.of(synthesiser.asked.length) });
    expect(synthesiser.asked.at(-1)).toBe('Seven.');
    speech.close();
    const last = heard.length;
    speech.say('Eight.');
    await turn();
    expect(heard).toHaveLength(last);
  });

  it('goes on behind a sentence that it has no sound of', async () => {
    const { speech, heard, states, failures } = speaking(numbering(1));
    speech.say('Broken. Whole.');
    await until(() => states.at(-1) === false);
    expect(heard).toHaveLength(1);
    expect(failures).toEqual(['Error: no such voice']);
    speech.close();
  });
});
