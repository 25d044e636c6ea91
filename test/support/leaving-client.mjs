// A process of clients that is killed: `node leaving-client.mjs URL COUNT` connects them, has each ask something, writes one
// line when the first answer has begun, and goes on asking until somebody ends it.
import { connectNode } from '@vis-a-vis/client/node';

const [url, count] = process.argv.slice(2);
const calls = await Promise.all(Array.from({ length: Number(count) }, () => connectNode({ url })));
for (const call of calls) {
  call.on('error', () => undefined);
  call.on('delta', () => process.stdout.write('answering\n'));
}
for (;;) {
  await Promise.all(calls.map((call) => call.ask('describe what you see').catch(() => undefined)));
}
