// Shows a picture and asks about it: `node ask.mjs table.jpg "what color is the star"`.
import { readFile } from 'node:fs/promises';
import { connect } from '@vis-a-vis/client/node';

const { VISAVIS_URL = 'http://127.0.0.1:8080' } = process.env;
const [picture, question = 'what do you see'] = process.argv.slice(2);

const call = await connect({ url: VISAVIS_URL });
await call.show(await readFile(picture));
for await (const text of call.say(question).text()) process.stdout.write(text);
process.stdout.write('\n');
call.close();
