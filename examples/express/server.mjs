// The server of an application. It holds the gateway's key, and gives each page a secret that is good for ten minutes.
import { fileURLToPath } from 'node:url';
import express from 'express';

const { VISAVIS_URL = 'http://127.0.0.1:8080', VISAVIS_KEY = '', PORT = '5173' } = process.env;
const app = express();

app.post('/secret', async (_request, response) => {
  // This is the place to find out who asks, and whether they may.
  const answer = await fetch(new URL('v1/realtime/client_secrets', VISAVIS_URL), {
    method: 'POST',
    headers: { authorization: `Bearer ${VISAVIS_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      expires_after: { anchor: 'created_at', seconds: 600 },
      session: { type: 'realtime', instructions: 'Answer in one sentence.' },
    }),
  });
  if (!answer.ok) {
    console.error(`The gateway gave no secret: ${await answer.text()}`);
    response.sendStatus(502);
    return;
  }
  const { value } = await answer.json();
  response.set('cache-control', 'no-store').json({ value, url: VISAVIS_URL });
});

app.use(
  '/sdk',
  express.static(fileURLToPath(new URL('..', import.meta.resolve('@vis-a-vis/client/browser')))),
);
app.use(express.static(fileURLToPath(new URL('public', import.meta.url))));

const server = app.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
