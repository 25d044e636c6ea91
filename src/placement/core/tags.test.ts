import { Ids } from '../../realtime/ids.js';
import { MOST_GATEWAYS, numberIn, numberOf, tagOf } from './tags.js';

describe('tags', () => {
  it('are told by the ids that have them, which are as hard to guess as others', () => {
    for (let number = 0; number < MOST_GATEWAYS; number += 1) {
      const ids = new Ids(tagOf(number));
      expect(numberIn(ids.next('rtc'))).toBe(number);
      expect(numberOf(ids.urlToken()[0])).toBe(number);
    }
    expect(new Ids(tagOf(0)).next('rtc')).toHaveLength(new Ids().next('rtc').length + 1);
    expect(new Ids(tagOf(0)).urlToken()).toHaveLength(new Ids().urlToken().length + 1);
  });

  it.each(['', 'rtc', 'rtc_', '_a', 'rtc_.', '…'])('are not in %j', (id) => {
    expect(numberIn(id)).toBeNull();
  });
});
