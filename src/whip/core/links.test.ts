import { eventsLink } from './links.js';

test('the events have an extension relation', () => {
  expect(eventsLink('/whip/events/x')).toBe(
    '</whip/events/x>; rel="urn:ietf:params:whip:ext:core:server-sent-events"',
  );
});
