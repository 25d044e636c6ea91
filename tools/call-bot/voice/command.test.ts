import { CommandSynthesiser } from './command.js';

// Real: a program, its pipes and Opus. Not real: it speaks by noise, a tenth of a second for each letter.

const WAV = `
let text = '';
process.stdin.on('data', (chunk) => (text += chunk)).on('end', () => {
  const bytes = text.length * 1600 * 2;
  const head = Buffer.alloc(44);
  head.write('RIFF', 0); head.writeUInt32LE(0xffffffff, 4); head.write('WAVEfmt ', 8); head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20); head.writeUInt16LE(1, 22); head.writeUInt32LE(16000, 24); head.writeUInt32LE(32000, 28);
  head.writeUInt16LE(2, 32); head.writeUInt16LE(16, 34); head.write('data', 36); head.writeUInt32LE(0xffffffff, 40);
  process.stdout.write(Buffer.concat([head, Buffer.alloc(bytes, 7)]));
});`;
const node = (script: string) => new CommandSynthesiser([process.execPath, '-e', script]);
const never = new AbortController().signal;

describe('CommandSynthesiser', () => {
  it('makes Opus of what a program writes, whose length it may not have known', async () => {
    const voice = node(WAV);
    const clips = await Promise.all(['12345', '1', '12'].map((text) => voice.speak(text, never)));
    expect(clips.map(({ packets, durationMs }) => [packets.length, durationMs])).toEqual([
      [25, 500],
      [5, 100],
      [10, 200],
    ]);
  });

  it.each([
    ['fails', 'process.exit(3)', 'exit code 3'],
    ['writes no sound', 'console.log("hello")', 'not a WAV file'],
  ])('tells of a program that %s', async (_, script, why) => {
    await expect(node(script).speak('hello', never)).rejects.toThrow(why);
  });

  it('tells of a program that is not there', async () => {
    await expect(new CommandSynthesiser(['no-such-program']).speak('hello', never)).rejects.toThrow('ENOENT');
  });

  it('ends a program when it is given up', async () => {
    const hush = new AbortController();
    const speaking = node('setInterval(() => undefined, 1000)').speak('hello', hush.signal);
    hush.abort();
    await expect(speaking).rejects.toThrow(/abort/i);
  });
});
