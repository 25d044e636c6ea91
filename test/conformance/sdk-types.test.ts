import { complaintsOfTypes } from '../support/sdk-types.js';

const part = { type: 'text', text: 'Two.' };
const done = {
  type: 'response.content_part.done',
  event_id: 'event_1',
  response_id: 'resp_1',
  item_id: 'item_1',
  output_index: 0,
  content_index: 0,
  part,
};

/** Real: the types of the package, and the compiler. */
describe('complaintsOfTypes', () => {
  it('takes what the types say, and more fields than they have', () => {
    expect(complaintsOfTypes([done, { ...done, visavis: { more: true } }])).toEqual([]);
  });

  it('names an event that there is not, a field that is missing and a value that is another', () => {
    const { item_id, ...without } = done;
    const complaints = complaintsOfTypes([
      { ...done, type: 'visavis.context' },
      done,
      without,
      { ...done, part: { ...part, type: 'output_text' } },
    ]);
    expect(item_id).toBe('item_1');
    expect(complaints).toEqual([
      expect.stringMatching(/^visavis\.context: /),
      expect.stringMatching(/^response\.content_part\.done: .*item_id/),
      expect.stringMatching(/^response\.content_part\.done: .*output_text/),
    ]);
  });
});
