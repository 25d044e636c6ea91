/** Push to talk: the client commits and asks for responses; nothing is detected, so there is no policy. */
export function manual(): null {
  return null;
}
