/** Server-sent events, under the name that the drafts of WHIP gave them. */
const EVENTS_REL = 'urn:ietf:params:whip:ext:core:server-sent-events';

/** `Link` of the URL that a call's events are read from. */
export function eventsLink(url: string): string {
  return `<${url}>; rel="${EVENTS_REL}"`;
}
