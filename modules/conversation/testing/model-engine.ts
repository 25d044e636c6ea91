import type { Checkpoint } from '#modules/contracts';
import type { Command } from '../core/commands.js';
import type { MachineInput } from '../core/inputs.js';

type EngineCommand = Exclude<
  Command,
  { c: 'emit' | 'abort' | 'detect' | 'detect_anew' | 'disown' | 'judge' | 'assume_silence' | 'close' }
>;

interface Sound {
  readonly utterance: string;
  readonly fromMs: number;
  readonly toMs: number;
}

interface Generation {
  readonly responseId: string;
  readonly tokens: number;
  readonly phase: 'queued' | 'telling' | 'done';
}

/**
 * An engine as its contract says, one step at a time and without answers of its own: a test decides when the oldest
 * command is done, and whether it fails. `violations` is what a real engine would have refused.
 */
export class ModelEngine {
  readonly violations: string[] = [];
  #queue: EngineCommand[] = [];
  #turn: string | null = null;
  #tokens = 1;
  #marks = new Map<
    string,
    { turn: string | null; tokens: number; context: readonly string[]; sound: Sound | null }
  >();
  /** What is attended: frames, texts and edges by name, sound by its samples, answers by their length. */
  #context: readonly string[] = [];
  #generation: Generation | null = null;
  /** The utterance under way, as far as its sound has come; ms. */
  #sound: Sound | null = null;
  #aborted = new Set<string>();
  /** Answers beside the context. */
  #asides: Generation[] = [];

  /** What is attended, in its order. */
  get context(): readonly string[] {
    return this.#context;
  }

  get busy(): boolean {
    return this.#queue.length > 0 || this.#generation?.phase === 'telling' || this.#asides.length > 0;
  }

  /** Takes a machine's command. */
  take(command: Command): void {
    switch (command.c) {
      case 'emit':
      case 'detect':
      case 'detect_anew':
      case 'disown':
      case 'judge':
      case 'assume_silence':
      case 'close':
        return;
      case 'abort':
        this.#aborted.add(command.responseId);
        return;
      default:
        this.#queue.push(command);
    }
  }

  /** The next thing that happens in the engine; null: nothing. */
  step(fails: boolean): MachineInput | null {
    if (this.#generation?.phase === 'telling') return this.#tell(this.#generation, fails);
    const command = this.#queue.shift();
    if (command) return this.#perform(command, fails);
    const aside = this.#asides.shift();
    return aside ? this.#tellAside(aside, fails) : null;
  }

  #tellAside(aside: Generation, fails: boolean): MachineInput | null {
    const { responseId, tokens, phase } = aside;
    if (this.#aborted.has(responseId)) return null;
    if (fails) {
      return { t: 'generation_failed', responseId, failure: { code: 'shed', message: 'too much to do' } };
    }
    if (phase === 'queued') {
      this.#asides.push({ ...aside, phase: 'telling' });
      const base = { seq: 0, epoch: 0, tokens: 9 };
      return { t: 'generation', responseId, event: { t: 'start', genId: responseId, base } };
    }
    if (tokens === 2) {
      const usage = { prompt: 10, cached: 0, out: tokens };
      return { t: 'generation', responseId, event: { t: 'end', reason: 'stop', usage } };
    }
    this.#asides.push({ ...aside, tokens: tokens + 1 });
    return { t: 'generation', responseId, event: { t: 'token', id: tokens, text: ` ${tokens}`, tMs: 0 } };
  }

  /** Its turns are whole, and the last of them is the user's. */
  #aside({ responseId, segments }: EngineCommand & { c: 'aside' }): null {
    let turn: string | null = null;
    for (const segment of segments) {
      if (segment.k === 'turn') {
        if (turn !== (segment.edge === 'open' ? null : segment.role)) {
          this.violations.push(`${segment.edge} ${segment.role} while ${turn} is open, beside`);
        }
        turn = segment.edge === 'open' ? segment.role : null;
      } else if (turn === null && segment.k !== 'call' && segment.k !== 'result') {
        this.violations.push(`${segment.k} outside of a turn, beside`);
      }
    }
    if (turn !== null) this.violations.push(`an answer beside while ${turn} is open`);
    this.#asides.push({ responseId, tokens: 0, phase: 'queued' });
    return null;
  }

  #perform(command: EngineCommand, fails: boolean): MachineInput | null {
    switch (command.c) {
      case 'append':
      case 'append_audio':
        return this.#append(command, fails);
      case 'mark':
        this.#marks.set(command.key, {
          turn: this.#turn,
          tokens: this.#tokens,
          context: this.#context,
          sound: this.#sound,
        });
        return null;
      case 'rollback':
        return this.#rollback(command.key);
      case 'generate':
        return this.#generate(command.responseId, fails);
      case 'accept':
        return this.#accept(command.responseId, command.keepTokens);
      case 'evict':
        return { t: 'evicted', freed: 0, dropped: [] };
      case 'redact':
        return { t: 'redacted', freed: 0 };
      case 'cut':
        this.#marks.clear();
        return { t: 'cut', freed: 0 };
      case 'aside':
        return this.#aside(command);
    }
  }

  #append(command: EngineCommand & { c: 'append' | 'append_audio' }, fails: boolean): MachineInput {
    const { ref } = command;
    if (fails || !this.#fits(command)) {
      return { t: 'append_failed', ref, failure: { code: 'engine_failed', message: 'refused' } };
    }
    this.#attend(command);
    const sound = command.c === 'append_audio' ? command : null;
    const tokens = sound && !sound.final ? 0 : 5;
    this.#tokens += tokens;
    const receipt = { at: this.#head(), tokens, ms: { queue: 0, encode: 0, prefill: 0 } };
    // Now sure that the turn is over, now not.
    const turnEnd = sound && (sound.final || sound.predict) ? { turnEnd: sound.toMs % 2 } : {};
    return { t: 'appended', ref, receipt: { ...receipt, ...turnEnd } };
  }

  #attend(command: EngineCommand & { c: 'append' | 'append_audio' }): void {
    if (command.c === 'append') {
      const { segment } = command;
      const name = segment.k === 'turn' ? `${segment.edge} ${segment.role}` : segment.k;
      this.#context = [...this.#context, segment.k === 'frame' ? `frame ${segment.ptsMs}` : name];
      return;
    }
    const { utterance, fromMs, toMs } = command;
    if (this.#sound?.utterance !== utterance) this.#sound = null;
    if (this.#sound && this.#sound.toMs !== fromMs) {
      this.violations.push(`${utterance} goes on at ${fromMs}, not ${this.#sound.toMs}`);
    }
    this.#sound = { utterance, fromMs: this.#sound?.fromMs ?? fromMs, toMs };
    if (!command.final) return;
    this.#context = [...this.#context, `audio ${this.#sound.fromMs}-${toMs}`];
    this.#sound = null;
  }

  #fits(command: EngineCommand & { c: 'append' | 'append_audio' }): boolean {
    if (command.c === 'append' && command.segment.k === 'turn') {
      const { role, edge } = command.segment;
      const fits = this.#turn === (edge === 'open' ? null : role);
      if (!fits) this.violations.push(`${edge} ${role} while ${this.#turn} is open`);
      else this.#turn = edge === 'open' ? role : null;
      return fits;
    }
    const kind = command.c === 'append' ? command.segment.k : 'audio';
    const fits = this.#turn === 'user' || (this.#turn !== null && kind === 'text');
    if (!fits) this.violations.push(`${kind} while ${this.#turn} is open`);
    return fits;
  }

  #rollback(key: string): MachineInput | null {
    const mark = this.#marks.get(key);
    if (!mark) {
      this.violations.push(`rollback to an unknown mark ${key}`);
      return null;
    }
    const keys = [...this.#marks.keys()];
    for (const later of keys.slice(keys.indexOf(key))) this.#marks.delete(later);
    this.#turn = mark.turn;
    this.#tokens = mark.tokens;
    this.#context = mark.context;
    this.#sound = mark.sound;
    this.#generation = null;
    return { t: 'context_moved', by: 'rollback', at: this.#head() };
  }

  #generate(responseId: string, fails: boolean): MachineInput | null {
    if (this.#aborted.has(responseId)) return null;
    if (this.#turn !== null) this.violations.push(`generate while ${this.#turn} is open`);
    if (fails || this.#turn !== null) {
      return { t: 'generation_failed', responseId, failure: { code: 'engine_failed', message: 'refused' } };
    }
    this.#generation = { responseId, tokens: 0, phase: 'telling' };
    return { t: 'generation', responseId, event: { t: 'start', genId: responseId, base: this.#head() } };
  }

  #tell(generation: Generation, fails: boolean): MachineInput {
    const { responseId, tokens } = generation;
    const aborted = this.#aborted.has(responseId);
    if (!fails && !aborted && tokens < 3) {
      this.#generation = { ...generation, tokens: tokens + 1 };
      return { t: 'generation', responseId, event: { t: 'token', id: tokens, text: ` ${tokens}`, tMs: 0 } };
    }
    this.#generation = { ...generation, phase: 'done' };
    if (fails) {
      return { t: 'generation_failed', responseId, failure: { code: 'engine_failed', message: 'broke' } };
    }
    const usage = { prompt: this.#tokens + 1, cached: 0, out: tokens };
    return { t: 'generation', responseId, event: { t: 'end', reason: aborted ? 'aborted' : 'stop', usage } };
  }

  #accept(responseId: string, keepTokens: number | undefined): MachineInput {
    const generation = this.#generation;
    if (generation?.responseId !== responseId || (keepTokens ?? 0) > generation.tokens) {
      this.violations.push(`accept ${keepTokens ?? 'all'} of ${responseId}, which is not there`);
    }
    this.#tokens += 2 + (keepTokens ?? generation?.tokens ?? 0);
    this.#context = [...this.#context, 'answer'];
    this.#marks.clear();
    this.#generation = null;
    return { t: 'context_moved', by: 'accept', at: this.#head() };
  }

  #head(): Checkpoint {
    return { seq: 0, epoch: 0, tokens: this.#tokens };
  }
}
