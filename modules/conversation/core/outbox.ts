import type { Command } from './commands.js';
import type { SessionEvent } from './events.js';

/** Collects what one input leads to, in order. */
export class Outbox {
  #commands: Command[] = [];

  push(command: Command): void {
    this.#commands.push(command);
  }

  emit(event: SessionEvent): void {
    this.#commands.push({ c: 'emit', event });
  }

  drain(): Command[] {
    const commands = this.#commands;
    this.#commands = [];
    return commands;
  }
}
