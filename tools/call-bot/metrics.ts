import { Counter, Gauge, Registry } from 'prom-client';

/** Why text was not said, or a session did not come to be: few values, as labels have to be. */
type Failure = 'say' | 'speak' | 'open' | 'session' | 'join';

/** What a process of bots counts; names begin with `visavis_bot_`. */
export class BotMetrics {
  readonly registry = new Registry();
  readonly rooms = this.#gauge('rooms', 'Rooms that the bot is in.');
  readonly participants = this.#gauge('participants', 'People in these rooms.');
  readonly sessions = this.#gauge('sessions', 'Sessions with the gateway that are open.');
  readonly turns = this.#counter(
    'turns_total',
    'Questions that were put to the gateway, by how they were asked.',
    ['how'],
  );
  readonly answers = this.#counter('answers_total', 'Answers that came, by their status.', ['status']);
  readonly overheard = this.#counter('overheard_total', 'Utterances that were not for the bot.', []);
  readonly texts = this.#counter('texts_total', 'Texts in rooms, by whether they were read or said.', [
    'way',
  ]);
  readonly packets = this.#counter('packets_total', 'RTP packets that were sent on to the gateway.', [
    'kind',
  ]);
  readonly pictures = this.#counter('pictures_total', 'Pictures that the model took in.', []);
  readonly redactions = this.#counter(
    'redactions_total',
    'Times that the model forgot what a camera showed, or what was said to others.',
    [],
  );
  readonly joins = this.#counter(
    'joins_total',
    'Times that a room was joined, the first time and again.',
    [],
  );
  readonly failures = this.#counter('failures_total', 'What went wrong, by what.', ['what']);

  failed(what: Failure): void {
    this.failures.inc({ what });
  }

  #gauge(name: string, help: string): Gauge {
    return new Gauge({ name: `visavis_bot_${name}`, help, registers: [this.registry] });
  }

  #counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({ name: `visavis_bot_${name}`, help, labelNames, registers: [this.registry] });
  }
}
