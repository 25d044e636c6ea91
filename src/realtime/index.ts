/** What other doors use of the calls: see docs/adr/0043-doors.md. */
export { ACCESS, openAccess, type Access, type Grant, type Lease } from './access.js';
export { textOf, valueOf } from './body.js';
export { Call } from './call.js';
export { CallsService, type CallRequest, type NewCall } from './calls.service.js';
export { Ids } from './ids.js';
export type { Channel, Listener } from './listener.js';
export { readOffer, type Offer } from './offer.js';
export { OffersService, type AnsweredOffer, type OfferOptions } from './offers.service.js';
export type { ClientTape, Tape, TapedCall, TapedClient, Tapes } from './tape.js';
export { Seat, type MessageError } from './seat.js';
export type { ChannelClient, Door } from './transports/data-channel.js';
export { EventLog } from './transports/event-log.js';
export { Outbox, type Encode } from './transports/outbox.js';
export { TextClient, type TextClientOptions } from './transports/text-client.js';
