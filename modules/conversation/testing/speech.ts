import { MachineHarness, type HarnessOptions } from './machine-harness.js';

/** Answers ahead; audio since 0, the user speaks since 1000 and has spoken a second. */
export const speaking = (options: HarnessOptions = {}) =>
  new MachineHarness({
    ...options,
    config: { turnTaking: { speculation: true, bargeInMs: 0 }, ...options.config },
  })
    .audio(1000)
    .startSpeaking()
    .audio(2000)
    .ack()
    .clear();

export const pause = (harness: MachineHarness) =>
  harness.boundary({ t: 'tentative_pause', atMs: harness.now, speechEndMs: harness.now - 100 });
export const resume = (harness: MachineHarness) => harness.boundary({ t: 'resume', atMs: harness.now });
export const end = (harness: MachineHarness) =>
  harness.boundary({ t: 'speech_end', atMs: harness.now, speechEndMs: harness.now - 500 });

/** The engine answers what is begun ahead. */
export function ahead(harness: MachineHarness, ...tokens: string[]): MachineHarness {
  const id = harness.commandsOf('generate').at(-1)?.responseId ?? '';
  const base = { seq: 0, epoch: 0, tokens: 60 };
  harness.generated({ t: 'start', genId: 'gen_1', base }, id);
  tokens.forEach((text, at) => harness.generated({ t: 'token', id: at, text, tMs: 0 }, id));
  return harness;
}
