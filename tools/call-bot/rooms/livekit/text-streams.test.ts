import {
  DataPacket,
  DataStream_Chunk,
  DataStream_Header,
  DataStream_TextHeader,
  DataStream_Trailer,
} from '@livekit/protocol';
import { CHAT, TextReader, TRANSCRIPTION, textPackets } from './text-streams.js';

const from = (identity: string, bytes: Uint8Array) => {
  const packet = DataPacket.fromBinary(bytes);
  packet.participantIdentity = identity; // which the server fills in
  return packet;
};
const begin = (identity: string, streamId: string) =>
  new DataPacket({
    participantIdentity: identity,
    value: {
      case: 'streamHeader',
      value: new DataStream_Header({
        streamId,
        topic: CHAT,
        contentHeader: { case: 'textHeader', value: new DataStream_TextHeader() },
      }),
    },
  });
const chunk = (identity: string, streamId: string, content: Uint8Array) =>
  new DataPacket({
    participantIdentity: identity,
    value: { case: 'streamChunk', value: new DataStream_Chunk({ streamId, content }) },
  });

describe('texts as streams', () => {
  it.each([
    ['short', 'hello'],
    ['empty', ''],
    ['of several packets', 'Größe 龍 😀'.repeat(2000)],
  ])('come out as they went in: %s', (_, text) => {
    const reader = new TextReader([CHAT]);
    const read = textPackets(text, { topic: CHAT, to: [] }).map((bytes) => reader.take(from('anna', bytes)));
    expect(read.pop()).toEqual({ identity: 'anna', text });
    expect(read.every((each) => each === null)).toBe(true);
  });

  it('say whom they are for', () => {
    const packets = textPackets('hello', { topic: CHAT, to: ['anna'] }).map((bytes) => from('vis', bytes));
    expect(packets.map(({ destinationIdentities }) => destinationIdentities)).toEqual([
      ['anna'],
      ['anna'],
      ['anna'],
    ]);
  });

  it('of another topic are not read', () => {
    const reader = new TextReader([CHAT]);
    const read = textPackets('hello', { topic: TRANSCRIPTION, to: [] }).map((bytes) =>
      reader.take(from('anna', bytes)),
    );
    expect(read).toEqual([null, null, null]);
  });

  it('of several people do not mix', () => {
    const reader = new TextReader([CHAT]);
    const [a, b] = ['one', 'two'].map((text) => textPackets(text, { topic: CHAT, to: [] }));
    const read = [0, 1, 2].flatMap((i) => [
      reader.take(from('anna', a![i]!)),
      reader.take(from('ben', b![i]!)),
    ]);
    expect(read.slice(-2)).toEqual([
      { identity: 'anna', text: 'one' },
      { identity: 'ben', text: 'two' },
    ]);
  });

  it('that are too long or too many are forgotten', () => {
    const reader = new TextReader([CHAT]);
    const end = (streamId: string) =>
      reader.take(
        new DataPacket({
          participantIdentity: 'eve',
          value: { case: 'streamTrailer', value: new DataStream_Trailer({ streamId }) },
        }),
      );
    reader.take(begin('eve', 'long'));
    for (let i = 0; i < 5; i += 1) reader.take(chunk('eve', 'long', new Uint8Array(15_000)));
    expect(end('long')).toBeNull();
    for (let i = 0; i < 9; i += 1) reader.take(begin('eve', `s${i}`));
    expect(end('s0')).toBeNull();
    expect(end('s8')).toEqual({ identity: 'eve', text: '' });
    reader.forget('eve');
    expect(end('s7')).toBeNull();
  });
});
