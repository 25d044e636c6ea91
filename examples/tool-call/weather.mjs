// A function that the model may call: `node weather.mjs "what is the weather in Ghent"`.
import { connect } from '@vis-a-vis/client/node';

const { VISAVIS_URL = 'http://127.0.0.1:8080', VISAVIS_KEY } = process.env;
const [question = 'what is the weather in Ghent'] = process.argv.slice(2);
const WEATHER = { Ghent: 'rain, 12 °C', Lier: 'sun, 14 °C' };

const weather = {
  name: 'weather',
  description: 'The weather in a city, now.',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  // What is returned the model is told; what is thrown it is told as an error.
  run: ({ city }) => WEATHER[city] ?? `Nothing is known of ${city}.`,
};

const call = await connect({ url: VISAVIS_URL, key: VISAVIS_KEY, tools: [weather] });
call.on('tool', ({ name, args }) => console.error(`${name} ${JSON.stringify(args)}`));
for await (const text of call.say(question).text()) process.stdout.write(text);
process.stdout.write('\n');
// The model that the gateway ships with calls none; a general one behind VISAVIS_ENGINE_URL does.
if (call.caps?.tools === false) console.error('The model of this gateway calls no tools.');
call.close();
