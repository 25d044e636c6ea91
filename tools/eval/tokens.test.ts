import { isChinese, tokens } from './tokens.js';

describe('tokens', () => {
  it('are words of English', () => {
    expect(tokens('I DON\u2019T know: forty-two, 7!')).toEqual(['i', "don't", 'know', 'forty', 'two', '7']);
  });

  it('are characters of Chinese, and words inside it', () => {
    expect(tokens('红色的圆形,42。OK')).toEqual(['红', '色', '的', '圆', '形', '42', 'ok']);
  });
});

describe('isChinese', () => {
  it('goes by any Han character', () => {
    expect(['星星 3', 'star 3', '。'].map(isChinese)).toEqual([true, false, false]);
  });
});
