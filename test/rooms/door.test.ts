import { setTimeout as sleep } from 'node:timers/promises';
import { silence } from '@vis-a-vis/client/node';
import { DEFAULT_MANNERS } from '../../tools/call-bot/core/manners-config.js';
import { gatewayDoor, type SpeakerSession } from '../../tools/call-bot/gateway.js';
import { readSceneQuestion } from '../../tools/support/scene.js';
import { Gateway } from '../e2e/support/gateway.js';
import { doorContract } from '../support/door-contract.js';

// Real: the built gateway, its model, WebRTC. Not real: the microphone is a file.

const config = { ...DEFAULT_MANNERS, addressing: 'name' as const };

doorContract('the gateway', async () => {
  const gateway = await Gateway.start();
  const question = await readSceneQuestion({ file: 'color-of-star' });
  const quiet = await silence(2000);
  return {
    door: gatewayDoor({ url: gateway.url }, config),
    closed: gatewayDoor({ url: 'http://127.0.0.1:9' }, config),
    speak: (session) => say(session, [...question.packets, ...quiet.packets]),
    stop: async () => void (await gateway.stop()),
  };
});

/** A packet each 20 ms. */
async function say(session: SpeakerSession, packets: readonly Uint8Array[]): Promise<void> {
  const beganMs = performance.now();
  for (const [i, payload] of packets.entries()) {
    await sleep(Math.max(0, beganMs + i * 20 - performance.now()));
    session.audio({ sequenceNumber: i, timestamp: i * 960, marker: false, payload });
  }
}
