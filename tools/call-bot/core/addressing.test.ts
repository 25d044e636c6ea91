import { addressedTo, orderIn } from './addressing.js';

describe('addressedTo', () => {
  it.each([
    ['Vis, what color is the star?', 'what color is the star?'],
    ['vis what color is the star', 'what color is the star'],
    ['Hey Vis: what is that', 'what is that'],
    ['@vis what is that', 'what is that'],
    ['¿Vis? what is that', 'what is that'],
    ['What is that, Vis?', 'What is that'],
    ['ok so vis what is that', 'what is that'],
    ['Vis', ''],
    [' @Vis! ', ''],
    ['VIS …', ''],
    ['Vís, hello', 'hello'],
  ])('takes %j', (text, rest) => {
    expect(addressedTo(text, ['Vis'])).toEqual({ rest });
  });

  it.each([
    'what color is the star',
    'I asked Vis about it yesterday',
    'visit us',
    'television',
    'hey',
    '',
    '…',
    'hey you, Vis is here',
  ])('lets pass %j', (text) => {
    expect(addressedTo(text, ['Vis'])).toBeNull();
  });

  it('knows names of several words and other spellings', () => {
    expect(addressedTo('Vis a Vis, hello', ['Vis-à-vis', 'vis a vis'])).toEqual({ rest: 'hello' });
    expect(addressedTo('this, hello', ['Vis', 'this'])).toEqual({ rest: 'hello' });
    expect(addressedTo('小维，星星是什么颜色', ['小维'])).toEqual({ rest: '星星是什么颜色' });
    expect(addressedTo('hello', [''])).toBeNull();
  });
});

describe('orderIn', () => {
  it.each(['leave', 'Please leave.', 'leave the call', 'go away!', 'bye', 'goodbye'])(
    '%j means leave',
    (text) => {
      expect(orderIn(text)).toBe('leave');
    },
  );

  it.each(['forget', 'forget me', 'please forget everything', 'Forget it!'])('%j means forget', (text) => {
    expect(orderIn(text)).toBe('forget');
  });

  it.each([
    '',
    'when does the train leave',
    'leave the star alone',
    'did you forget the star',
    'what did I forget',
  ])('%j is a question', (text) => {
    expect(orderIn(text)).toBeNull();
  });
});
