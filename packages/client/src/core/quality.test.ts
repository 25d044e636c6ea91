import { qualityOf, readStats } from './quality.js';

describe('qualityOf', () => {
  it.each([
    ['good', { rttMs: 30, loss: 0, jitterMs: 5 }, true],
    ['good', { rttMs: null, loss: null, jitterMs: null }, true],
    ['fair', { rttMs: 200, loss: 0, jitterMs: 5 }, true],
    ['fair', { rttMs: 30, loss: 0.05, jitterMs: 5 }, true],
    ['poor', { rttMs: 30, loss: 0, jitterMs: 120 }, true],
    ['poor', { rttMs: 500, loss: 0, jitterMs: 5 }, true],
    ['lost', { rttMs: 30, loss: 0, jitterMs: 5 }, false],
  ])('is %s', (level, measured, up) => {
    expect(qualityOf(measured, up)).toEqual({ level, ...measured });
  });
});

describe('readStats', () => {
  it('finds the pair in use and what the other side received', () => {
    const report = new Map([
      ['T', { type: 'transport', selectedCandidatePairId: 'P2' }],
      ['P1', { type: 'candidate-pair', nominated: true, currentRoundTripTime: 9 }],
      ['P2', { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.0312 }],
      ['R', { type: 'remote-inbound-rtp', kind: 'audio', jitter: 0.004, fractionLost: 0.02 }],
    ]);
    expect(readStats(report)).toEqual({ rttMs: 31.2, jitterMs: 4, loss: 0.02, report });
  });

  it('does without', () => {
    const report = new Map([['P', { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.01 }]]);
    expect(readStats(report)).toMatchObject({ rttMs: 10, jitterMs: null, loss: null });
    expect(readStats(new Map())).toMatchObject({ rttMs: null });
  });
});
