// An application of the client package: `node spoken-question.mjs URL VIDEO SPEECH` asks one spoken question about a video, and
// prints the answer. Plain JavaScript, because it runs on whatever Node and wherever the package was installed.
import { connectNode, readAudio, readIvf } from '@vis-a-vis/client/node';

const [url, video, speech] = process.argv.slice(2);
const call = await connectNode({ url, video: await readIvf(video) });
const answered = new Promise((resolve, reject) => {
  call.on('answer', resolve);
  call.on('closed', ({ reason }) => reject(new Error(`closed: ${reason}`)));
});
await call.speak(await readAudio(speech));
const { status, text } = await answered;
process.stdout.write(JSON.stringify({ node: process.version, status, text }));
await call.close();
