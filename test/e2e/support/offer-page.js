/**
 * A script of a page, for offers.test.ts: calls the gateway that the page is from with an offer of this form. Rejects where the browser
 * refuses the answer.
 */
// oxlint-disable-next-line no-unused-vars -- the test calls it
async function callWith(form) {
  const peer = new RTCPeerConnection({ bundlePolicy: form.bundlePolicy ?? 'balanced' });
  const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  const [microphone, camera] = [media.getAudioTracks()[0], media.getVideoTracks()[0]];
  for (const direction of form.audio) {
    peer.addTransceiver(direction === 'recvonly' ? 'audio' : (microphone ?? 'audio'), { direction });
  }
  const video = peer.addTransceiver(camera ?? 'video', {
    direction: 'sendonly',
    sendEncodings: (form.rids ?? []).map((rid, i) => ({ rid, scaleResolutionDownBy: 2 ** i })),
  });
  const codecs = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  if (form.codec)
    video.setCodecPreferences(
      codecs.toSorted((a, b) => Number(b.mimeType === form.codec) - Number(a.mimeType === form.codec)),
    );
  const screens = (form.screens ?? []).map((state) => ({
    state,
    it: peer.addTransceiver('video', { direction: 'sendonly' }),
  }));
  const channel = peer.createDataChannel('oai-events');
  const first = new Promise((resolve) => {
    channel.addEventListener('message', (message) => resolve(JSON.parse(message.data).type), { once: true });
  });

  await peer.setLocalDescription();
  let offer = peer.localDescription?.sdp ?? '';
  for (const [i, { state }] of screens.entries()) {
    // Port 0 is what a section has that was stopped in an earlier exchange; Chromium takes port 0 for it in any answer.
    const at = offer.split(/^(?=m=)/m);
    const index = form.audio.length + 2 + i;
    if (state === 'off')
      at[index] = (at[index] ?? '').replace(/^m=video \d+/, 'm=video 0').replace(/a=bundle-only\r\n/, '');
    offer = at.join('');
  }
  if (form.edit === 'lf') offer = offer.replaceAll('\r\n', '\n');
  if (form.edit === 'blanks') offer = offer.replaceAll('\r\n', ' \r\n  ');
  const response = await fetch('/v1/realtime/calls', {
    method: 'POST',
    headers: { 'content-type': 'application/sdp' },
    body: offer,
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(answer);
  await peer.setRemoteDescription({ type: 'answer', sdp: answer });

  const type = await first;
  const sent = new Set();
  for (
    const end = performance.now() + 15_000;
    sent.size < 2 && performance.now() < end;
    await new Promise((r) => setTimeout(r, 100))
  ) {
    // A report about a stream comes back for what has arrived.
    for (const stat of (await peer.getStats()).values()) {
      if (stat.type === 'remote-inbound-rtp') sent.add(stat.kind);
    }
  }
  const directions = peer.getTransceivers().map((t) => t.currentDirection);
  peer.close();
  for (const track of media.getTracks()) track.stop();
  return {
    offer,
    answer,
    first: type,
    directions,
    sent: ['audio', 'video'].filter((kind) => sent.has(kind)),
  };
}
