import { defaultSession, type Session } from '@vis-a-vis/protocol';
import { checkedSession } from './turn-config.js';

const session = (caps: boolean, over: Partial<Session>): Session => {
  const start = defaultSession('sess_1', 'fake');
  return { ...start, visavis: { ...start.visavis, caps: { ...start.visavis.caps, tools: caps } }, ...over };
};
const tools = [{ type: 'function', name: 'a' } as const];
const b = { type: 'function', name: 'b' } as const;

test.each([
  ['a choice that needs no tool', session(false, {})],
  ['one of several', session(true, { tools, tool_choice: 'required' })],
  ['one by its name', session(true, { tools, tool_choice: { type: 'function', name: 'a' } })],
])('%s is kept', (_what, given) => {
  expect(checkedSession(given)).toBe(given);
});

test.each([
  ['a model that calls none', session(false, { tools, tool_choice: 'required' }), 'tools_unsupported'],
  ['no tools', session(true, { tool_choice: 'required' }), 'invalid_event'],
  ['another tool', session(true, { tools, tool_choice: b }), 'invalid_event'],
])('a forced call with %s is refused before it takes effect', (_what, given, code) => {
  expect(() => checkedSession(given)).toThrow(expect.objectContaining({ code }));
});
