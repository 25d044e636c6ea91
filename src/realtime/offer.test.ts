import { readOffer } from './offer.js';

const SDP = 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n';
const bytes = (text: string) => new TextEncoder().encode(text);

/** A form as a browser's or a hand-written client puts it on the wire. */
function form(parts: Record<string, string>, partType?: string) {
  const lines = Object.entries(parts).flatMap(([name, value]) => [
    '--b0',
    `Content-Disposition: form-data; name="${name}"`,
    ...(partType ? [`Content-Type: ${partType}`] : []),
    '',
    value,
  ]);
  return readOffer('multipart/form-data; boundary=b0', bytes([...lines, '--b0--', ''].join('\r\n')));
}

const DEEP = `{"tracing":${'{"a":'.repeat(6000)}1${'}'.repeat(6001)}`;

describe('readOffer', () => {
  it('reads raw SDP, whatever the parameters of its type', async () => {
    expect(await readOffer('Application/SDP; charset=utf-8', bytes(SDP))).toEqual({ sdp: SDP, session: {} });
  });

  it('reads JSON', async () => {
    const body = JSON.stringify({ sdp: SDP, session: { type: 'realtime', instructions: 'Be brief.' } });
    expect(await readOffer('application/json', bytes(body))).toEqual({
      sdp: SDP,
      session: { type: 'realtime', instructions: 'Be brief.' },
    });
  });

  it.each([undefined, 'text/plain', 'application/sdp'])(
    'reads a form whose parts have type %s',
    async (partType) => {
      const session = JSON.stringify({ type: 'realtime', model: 'gpt-realtime' });
      expect(await form({ sdp: SDP, session }, partType)).toEqual({
        sdp: SDP,
        session: { type: 'realtime', model: 'gpt-realtime' },
      });
    },
  );

  it('reads what the openai package sends', async () => {
    const data = new FormData();
    data.set('sdp', new Blob([SDP], { type: 'application/sdp' }));
    const sent = new Response(data);
    const body = new Uint8Array(await sent.arrayBuffer());
    expect(await readOffer(sent.headers.get('content-type') ?? '', body)).toEqual({ sdp: SDP, session: {} });
  });

  it.each([
    ['bad_content_type', 'text/plain', SDP],
    ['bad_content_type', undefined, SDP],
    ['bad_sdp', 'application/sdp', ' '],
    ['bad_sdp', 'application/json', '{}'],
    ['bad_request', 'application/json', '5'],
    ['invalid_json', 'application/json', '{'],
    ['bad_request', 'application/json', JSON.stringify({ sdp: SDP, session: { instructions: 5 } })],
    ['bad_request', 'application/json', `{"sdp":"v=0","session":${DEEP}}`],
    ['bad_request', 'multipart/form-data; boundary=b0', 'no form'],
  ])('refuses with %s: %s', async (code, type, body) => {
    await expect(readOffer(type, bytes(body))).rejects.toMatchObject({ code });
  });

  it('names the field of the session that is wrong', async () => {
    await expect(form({ sdp: SDP, session: '{"max_output_tokens":0}' })).rejects.toMatchObject({
      code: 'bad_request',
      param: 'session.max_output_tokens',
    });
  });

  it('names a field of JSON that it does not know, and looks at no other part of a form', async () => {
    const body = JSON.stringify({ sdp: SDP, foo: 1 });
    await expect(readOffer('application/json', bytes(body))).rejects.toMatchObject({
      code: 'unknown_parameter',
      param: 'foo',
    });
    expect(await form({ sdp: SDP, foo: '{' })).toEqual({ sdp: SDP, session: {} });
  });

  it('refuses a session that is nested too deep', async () => {
    await expect(form({ sdp: SDP, session: DEEP })).rejects.toMatchObject({
      code: 'bad_request',
      param: 'session',
    });
  });

  it('refuses a session that is no JSON', async () => {
    await expect(form({ sdp: SDP, session: '{' })).rejects.toMatchObject({
      code: 'invalid_json',
      param: 'session',
    });
  });
});
