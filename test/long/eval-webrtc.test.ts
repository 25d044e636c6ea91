import { join } from 'node:path';
import { spread, TestSet, type TestQuestion } from '../../tools/eval/test-set.js';
import { askOverWebRtc } from '../../tools/eval/webrtc/run.js';
import { REPOSITORY } from '../../tools/support/repository.js';
import { TEST_MODEL } from '../support/model-folder.js';

// Real: everything; few questions. `npm run eval -- --webrtc 200` judges the answers, this only that they come, and of what.

describe('the evaluation over WebRTC', () => {
  it('holds conversations in calls: one turn, two turns, and by push-to-talk', async () => {
    const set = await TestSet.read(join(REPOSITORY, 'tools/eval/set'));
    const [first, second, third] = spread(
      set.questions.filter(({ family }) => family === 'colour'),
      3,
    ) as [TestQuestion, TestQuestion, TestQuestion];
    const asked = [
      first,
      { ...second, history: [third] },
      { ...third, family: 'sound' },
      { ...first, frames: [] },
    ];
    const progress: string[] = [];
    const outcomes = await askOverWebRtc(asked, {
      set,
      modelFolder: TEST_MODEL,
      calls: 2,
      onProgress: (what, done, total) => progress.push(`${done}/${total} ${what}`),
    });
    expect(outcomes.map(({ failure }) => failure)).toEqual([null, null, null, null]);
    expect(outcomes.map(({ question }) => question)).toEqual(asked);
    for (const { text } of outcomes) expect(text).not.toBe('');
    const shown = [first, second, third].map(({ frames }) => frames.length);
    const attended = outcomes.map(({ framesAttended }) => framesAttended);
    expect(attended[3]).toBe(0);
    // What looks the same is taken for a duplicate, and the pictures of the turn before stay.
    expect(attended[0]).toBeGreaterThan(0);
    expect(attended[0]).toBeLessThanOrEqual(shown[0]!);
    expect(attended[1]).toBeGreaterThan(1);
    expect(attended[1]).toBeLessThanOrEqual(shown[1]! + shown[2]!);
    expect(attended[2]).toBeGreaterThan(0);
    expect(progress).toContain('4/4 prepared');
    expect(progress.at(-1)).toBe('4/4 answered');
  }, 120_000);
});
