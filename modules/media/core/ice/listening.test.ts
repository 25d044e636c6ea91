import { planListening } from './listening.js';

const OWN = ['127.0.0.1', '10.0.0.2', '::1', 'fd00::2'];

describe('planListening', () => {
  test('own addresses have a socket each', () => {
    expect(planListening(['10.0.0.2', 'fd00:0::2', '127.0.0.1'], OWN)).toEqual([
      { bind: '10.0.0.2', ipv6: false, told: ['10.0.0.2'] },
      { bind: 'fd00:0::2', ipv6: true, told: ['fd00:0::2'] },
      { bind: '127.0.0.1', ipv6: false, told: ['127.0.0.1'] },
    ]);
  });

  test('where one of a family is elsewhere, one socket listens for all of it', () => {
    expect(planListening(['203.0.113.5', '10.0.0.2', 'fd00::2'], OWN)).toEqual([
      { bind: '0.0.0.0', ipv6: false, told: ['203.0.113.5', '10.0.0.2'] },
      { bind: 'fd00::2', ipv6: true, told: ['fd00::2'] },
    ]);
  });

  test('an address that is named twice, in whatever spelling, is offered once; what is none is left out', () => {
    expect(planListening(['::1', '0:0:0:0:0:0:0:1', 'name', '::1'], OWN)).toEqual([
      { bind: '::1', ipv6: true, told: ['::1'] },
    ]);
  });
});
