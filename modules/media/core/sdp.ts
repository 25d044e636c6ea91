import type { VideoCodec } from './ports.js';
import { readPayloads } from './sdp/codecs.js';
import { readDescription } from './sdp/description.js';

/** The payload types that an answer (one that we wrote) lets the client send. */
export function answeredPayloadTypes(answerSdp: string): Map<number, 'opus' | VideoCodec> {
  const types = new Map<number, 'opus' | VideoCodec>();
  for (const section of readDescription(answerSdp).sections) {
    if (section.port === 0) continue;
    for (const { type, codec } of readPayloads(section, types)) types.set(type, codec);
  }
  return types;
}
