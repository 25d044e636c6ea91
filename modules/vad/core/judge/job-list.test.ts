import { JobList } from './job-list.js';
import { NO_JUDGEMENT, type Judgement } from './judgement.js';

const SPEECH: Judgement = { turnEnd: 0.9, speech: 1 };

describe('JobList', () => {
  const told: [string, Judgement][] = [];
  const tell = (name: string) => (judgement: Judgement) => void told.push([name, judgement]);
  beforeEach(() => void (told.length = 0));

  it('tells each what was found of it, once', () => {
    const jobs = new JobList(2);
    const [a, b] = [jobs.add(1, tell('a')), jobs.add(2, tell('b'))];
    jobs.settle(b!.id, SPEECH);
    jobs.settle(a!.id, NO_JUDGEMENT);
    jobs.settle(b!.id, NO_JUDGEMENT);
    expect(told).toEqual([
      ['b', SPEECH],
      ['a', NO_JUDGEMENT],
    ]);
    expect(jobs.size).toBe(0);
  });

  it('has only the newest sound of a stream judged', () => {
    const jobs = new JobList(2);
    const older = jobs.add(1, tell('older'));
    const newer = jobs.add(1, tell('newer'));
    expect(newer?.void).toEqual([older?.id]);
    expect(told).toEqual([['older', NO_JUDGEMENT]]);
    jobs.settle(older!.id, SPEECH);
    expect(told).toHaveLength(1);
  });

  it('refuses what is too much', () => {
    const jobs = new JobList(1);
    jobs.add(1, tell('first'));
    expect(jobs.add(2, tell('second'))).toBeNull();
    expect(told).toEqual([['second', NO_JUDGEMENT]]);
  });

  it('leaves nobody waiting where the judge is gone', () => {
    const jobs = new JobList(4);
    jobs.add(1, tell('a'));
    jobs.add(2, tell('b'));
    jobs.settleAll();
    expect(told.map(([name]) => name)).toEqual(['a', 'b']);
  });
});
