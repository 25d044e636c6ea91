// The honest clients, in a process of their own: what the fuzzer does to its event loop must not be heard in their voices.
import { CALL_FOLDER, readCallScript } from '../support/call-script.js';
import { HonestCall, type HonestTurn } from './honest-call.js';

/** What the fuzzer tells this process. */
export interface HonestOrder {
  /** Null: there is no gateway now. */
  readonly url?: string | null;
  readonly ask?: boolean;
  readonly stop?: boolean;
}

/** What this process tells the fuzzer. */
export interface HonestNews {
  readonly turn?: HonestTurn;
  /** Calls with a turn under way. */
  readonly busy?: number;
}

const CALLS = 2;
const NEWS_MS = 200;

const tell = (news: HonestNews): void => void process.send?.(news);
const script = await readCallScript(CALL_FOLDER);
const calls = Array.from({ length: CALLS }, (_, n) => new HonestCall(n, script, (turn) => tell({ turn })));

// Of werift's own timers and sockets; a turn that it costs is told as a wrong one.
process.on('unhandledRejection', (error) => console.error('honest client:', error));
process.on('uncaughtException', (error) => console.error('honest client:', error));
process.on('disconnect', () => process.exit(0));
process.on('message', (order: HonestOrder) => {
  for (const call of calls) {
    if (order.url !== undefined) call.at(order.url);
    if (order.ask !== undefined) call.ask(order.ask);
    if (order.stop) call.stop();
  }
});
const news = setInterval(() => tell({ busy: calls.filter(({ busy }) => busy).length }), NEWS_MS);
await Promise.all(calls.map((call) => call.run()));
clearInterval(news);
process.disconnect();
