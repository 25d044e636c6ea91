// A process of clients that is killed: `node leaving-client.mjs URL COUNT [resume]` connects them, has each ask something, writes one
// line when the first answer has begun, and goes on asking until somebody ends it.
import { connectNode } from '@vis-a-vis/client/node';

const [url, count, resume] = process.argv.slice(2);
const session = { visavis: { resume: resume !== undefined } };
const calls = await Promise.all(Array.from({ length: Number(count) }, () => connectNode({ url, session })));
for (const call of calls) {
  call.on('error', () => undefined);
  call.on('delta', () => process.stdout.write('answering\n'));
}
for (;;) {
  await Promise.all(calls.map((call) => call.ask('describe what you see').catch(() => undefined)));
}
