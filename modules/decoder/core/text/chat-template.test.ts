import { takeApart, type ChatMessage } from './chat-template.js';

const words = ({ content }: ChatMessage): string =>
  typeof content === 'string' ? content : content.map((part) => part.text ?? `[${part.type}]`).join('');

const render = (messages: readonly ChatMessage[], prompt: boolean): string =>
  `S${messages.map((one) => `<${one.role}>${words(one)}</>`).join('')}${prompt ? '<assistant>' : ''}`;

describe('takeApart', () => {
  it('finds what stands between the contents of a conversation', () => {
    expect(takeApart(render)).toEqual({
      start: 'S',
      startBeforeSystem: 'S',
      user: '<user>',
      assistant: '<assistant>',
      end: '</>',
      system: '<system>',
      image: '[image]',
      audio: '[audio]',
    });
  });

  it('knows no system turns where the template puts them elsewhere, or throws', () => {
    const inside = (messages: readonly ChatMessage[], prompt: boolean) => {
      const [first, ...rest] = messages;
      if (first?.role !== 'system') return render(messages, prompt);
      const [asked] = rest;
      return render([{ role: 'user', content: `${words(first)} ${asked ? words(asked) : ''}` }], prompt);
    };
    const throwing = (messages: readonly ChatMessage[], prompt: boolean) => {
      if (messages[0]?.role === 'system') throw new Error('no system');
      return render(messages, prompt);
    };
    expect(takeApart(inside).system).toBeNull();
    expect(takeApart(throwing).system).toBeNull();
  });

  it('knows what a template says by itself where there is no system turn', () => {
    const helpful = (messages: readonly ChatMessage[], prompt: boolean) => {
      const told =
        messages[0]?.role === 'system'
          ? messages
          : [{ role: 'system', content: 'Be kind.' } as const, ...messages];
      return render(told, prompt).slice(1);
    };
    expect(takeApart(helpful, { textOnly: true })).toMatchObject({
      start: '<system>Be kind.</>',
      startBeforeSystem: '',
      system: '<system>',
      user: '<user>',
      image: '',
    });
  });

  it('gives contents as strings to a template of text alone', () => {
    const strict = (messages: readonly ChatMessage[], prompt: boolean) => {
      if (messages.some(({ content }) => typeof content !== 'string')) throw new Error('no parts');
      return render(messages, prompt);
    };
    expect(takeApart(strict, { textOnly: true }).user).toBe('<user>');
    expect(() => takeApart(strict)).toThrow('no parts');
  });

  it('takes a prompt that says more than the header of an answer in the past', () => {
    const thinking = (messages: readonly ChatMessage[], prompt: boolean) =>
      render(messages, prompt) + (prompt ? '<no thoughts>' : '');
    expect(takeApart(thinking).assistant).toBe('<assistant><no thoughts>');
  });

  it('refuses a template whose turns end differently', () => {
    const uneven = (messages: readonly ChatMessage[], prompt: boolean) =>
      render(messages, prompt).replace(/(<assistant>[^<]+)<\/>/, '$1</answer>');
    expect(() => takeApart(uneven)).toThrow('turns do not end alike');
  });

  it('refuses a template whose turns begin differently', () => {
    const numbered = (messages: readonly ChatMessage[], prompt: boolean) =>
      render(messages, prompt).replace('<user>', '<first>');
    expect(() => takeApart(numbered)).toThrow('turns do not begin alike');
  });

  it('refuses a template that leaves contents out', () => {
    expect(() => takeApart(() => 'S')).toThrow('it leaves out what was said');
  });
});
