/** A server for the client's ICE, in the form of WebRTC's `RTCIceServer`. */
export interface IceServer {
  readonly urls: readonly string[];
  readonly username?: string | undefined;
  readonly credential?: string | undefined;
}

/** Server-sent events, under the name that the drafts of WHIP gave them. */
const EVENTS_REL = 'urn:ietf:params:whip:ext:core:server-sent-events';

/** `Link` of the URL that a call's events are read from. */
export function eventsLink(url: string): string {
  return `<${url}>; rel="${EVENTS_REL}"`;
}

/** `Link`s of ICE servers (RFC 9725, 4.6): one for each URL. */
export function iceServerLinks(servers: readonly IceServer[]): string[] {
  return servers.flatMap(({ urls, username, credential }) =>
    urls.map((url) =>
      [
        `<${url}>; rel="ice-server"`,
        ...(username === undefined ? [] : [`username=${quoted(username)}`]),
        ...(credential === undefined
          ? []
          : [`credential=${quoted(credential)}`, 'credential-type="password"']),
      ].join('; '),
    ),
  );
}

/** RFC 9110, 5.6.4. */
function quoted(value: string): string {
  return `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
