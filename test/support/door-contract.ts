import { EventEmitter, once } from 'node:events';
import type { GivenAnswer } from '../../tools/call-bot/core/events.js';
import type { GatewayDoor, SessionListener, SpeakerSession } from '../../tools/call-bot/gateway.js';

/** Notes what a session tells. */
class Ear implements SessionListener {
  readonly items: string[] = [];
  readonly answers: GivenAnswer[] = [];
  readonly transcripts: (string | null)[] = [];
  readonly over: string[] = [];
  spoke = 0;
  readonly #told = new EventEmitter();

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await once(this.#told, 'told');
  }

  onUtterance = (item: string) => this.#note(this.items, item);
  onTranscript = (_: string, text: string | null) => this.#note(this.transcripts, text);
  onAnswer = (answer: GivenAnswer) => this.#note(this.answers, answer);
  onPicture = () => undefined;
  onRedacted = () => undefined;
  onKeyFrameWanted = () => undefined;
  onSpeechStarted = () => void (this.spoke += 1);
  onOver = (reason: string) => this.#note(this.over, reason);

  #note<T>(list: T[], each: T): void {
    list.push(each);
    this.#told.emit('told');
  }
}

export interface DoorStage {
  /** Sessions do not answer by themselves, and write down what was said. */
  readonly door: GatewayDoor;
  readonly closed: GatewayDoor;
  /** "What color is the star" is said into a session that was opened. */
  speak(session: SpeakerSession): Promise<void>;
  stop(): Promise<void>;
}

/** What the bot relies on, of the gateway by the SDK and of the fake that stands for it. */
export function doorContract(name: string, start: () => Promise<DoorStage>): void {
  describe(`a door to sessions: ${name}`, () => {
    let stage: DoorStage;
    const open: SpeakerSession[] = [];
    const enter = async () => {
      const ear = new Ear();
      const session = await stage.door.open('vp8', ear);
      open.push(session);
      return { ear, session };
    };

    beforeAll(async () => {
      stage = await start();
    }, 60_000);
    afterEach(async () => {
      for (const session of open.splice(0)) await session.close();
    });
    afterAll(() => stage?.stop());

    it('tells what was said, writes it down, and answers when it is asked to', async () => {
      const { ear, session } = await enter();
      expect(session.transcribes).toBe(true);
      await stage.speak(session);
      await ear.until(() => ear.items.length > 0 && ear.transcripts.length > 0);
      expect(ear.transcripts[0]).toMatch(/what color is the star/i);
      expect(ear.spoke).toBeGreaterThan(0);
      expect(ear.answers).toEqual([]);
      const [item = ''] = ear.items;
      session.respond(item);
      await ear.until(() => ear.answers.length > 0);
      expect(ear.answers).toEqual([{ text: expect.stringMatching(/./), status: 'completed', turn: item }]);
    });

    it('answers what is asked in one breath, one after the other', async () => {
      const { ear, session } = await enter();
      const turns = ['one', 'two', 'three'];
      for (const turn of turns) session.ask('what color is the star', turn);
      await ear.until(() => ear.answers.length === turns.length);
      expect(ear.answers.map(({ turn, status }) => [turn, status])).toEqual(
        turns.map((turn) => [turn, 'completed']),
      );
    });

    it('goes on behind what is forgotten, and behind cameras that come and go', async () => {
      const { ear, session } = await enter();
      await stage.speak(session);
      await ear.until(() => ear.items.length > 0);
      session.forget(ear.items[0] ?? '');
      session.forget('nothing that there is');
      session.camera(false);
      session.camera(true);
      session.ask('what color is the star', 'behind');
      await ear.until(() => ear.answers.length > 0);
      expect(ear.answers[0]).toMatchObject({ turn: 'behind', status: 'completed' });
    });

    it('says nothing once it was closed', async () => {
      const { ear, session } = await enter();
      session.ask('what color is the star', 'late');
      await session.close();
      await session.close();
      const told = ear.answers.length;
      session.ask('what color is the star', 'too late');
      session.respond('too late');
      session.forget('x');
      session.camera(false);
      session.audio({ sequenceNumber: 1, timestamp: 1, marker: false, payload: Uint8Array.of(0xf8) });
      session.video({ sequenceNumber: 1, timestamp: 1, marker: false, payload: Uint8Array.of(0x10, 0) });
      const other = await enter();
      other.session.ask('what color is the star', 'in time');
      await other.ear.until(() => other.ear.answers.length > 0);
      expect([ear.answers.length, ear.over]).toEqual([told, []]);
    });

    it('rejects where nobody opens', async () => {
      await expect(stage.closed.open('vp8', new Ear())).rejects.toMatchObject({ code: 'connect_failed' });
    });
  });
}
