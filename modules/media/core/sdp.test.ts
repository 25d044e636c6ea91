import { answeredPayloadTypes } from './sdp.js';

test('x', () => expect(answeredPayloadTypes).toBeDefined());
