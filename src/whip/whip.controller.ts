import {
  All,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Options,
  Param,
  Patch,
  Post,
  Req,
  Res,
} from '@nestjs/common';
import type { IceServer } from '@vis-a-vis/protocol';
import type { Request, Response } from 'express';
import { VisavisError } from '#modules/contracts';
import { checkPublication, readIceFragment, writeIceFragment } from '#modules/media';
import { Base } from '../http/place.js';
import { ClientIce } from '../ice/ice-servers.js';
import { iceServerLinks } from '../ice/links.js';
import { ACCESS, CallsService, OffersService, textOf, type Access } from '../realtime/index.js';
import { traceHeadersOf } from '../telemetry/tracing/tracing.js';
import { Metrics } from '../telemetry/metrics.js';
import { iceTag, readPrecondition } from './core/ice-tag.js';
import { eventsLink } from './core/links.js';
import { Publications } from './publications.js';

const SDP = 'application/sdp';
const FRAGMENT = 'application/trickle-ice-sdpfrag';

/** WHIP (RFC 9725): a publisher speaks and shows by WebRTC, and reads what is answered as server-sent events. */
@Controller('whip')
export class WhipController {
  @Inject(Base) private readonly base!: Base;
  @Inject(ClientIce) private readonly ice!: ClientIce;
  @Inject(Metrics) private readonly metrics!: Metrics;

  constructor(
    @Inject(CallsService) private readonly calls: CallsService,
    @Inject(OffersService) private readonly offers: OffersService,
    @Inject(Publications) private readonly publications: Publications,
    @Inject(ACCESS) private readonly access: Access,
  ) {}

  @Options()
  @HttpCode(200)
  async ask(@Req() request: Request, @Res() response: Response): Promise<void> {
    response.setHeader('Accept-Post', SDP);
    const links = iceServerLinks(await this.serversFor(request));
    if (links.length > 0) response.setHeader('Link', links);
    response.setHeader('Allow', 'POST, OPTIONS').end();
  }

  /** Opens a session, or goes on with one whose connection is lost (`?resume=<token>`): the whole offer is taken, or nothing of it. */
  @Post()
  async publish(@Req() request: Request, @Res() response: Response): Promise<void> {
    const { call, peer, token } = await this.opened(request, response);
    const links = [
      eventsLink(this.base.rootedPlaceOf(request, `/whip/events/${token}`)),
      ...iceServerLinks(this.ice.for(call.grant.tenant).ice_servers),
    ];
    response
      .status(201)
      .setHeader('Location', this.base.rootedPlaceOf(request, `/whip/${call.id}`))
      .setHeader('ETag', iceTag(peer.ice.ufrag))
      .setHeader('Link', links)
      .setHeader('Content-Type', SDP)
      .end(peer.answerSdp);
  }

  @Options(':id')
  @HttpCode(200)
  askSession(@Res() response: Response): void {
    response.setHeader('Accept-Patch', FRAGMENT).setHeader('Allow', 'PATCH, DELETE, OPTIONS').end();
  }

  /** Later candidates, or ICE anew. A request that fails leaves the session as it was. */
  @Patch(':id')
  async patch(@Req() request: Request, @Res() response: Response, @Param('id') id: string): Promise<void> {
    const { call } = await this.own(request, id);
    const condition = preconditionOf(request);
    const peer = this.offers.peerFor(condition === 'any' ? 'renegotiation' : 'candidates', call);
    const { ufrag, password, candidates } = readIceFragment(textOf(request, FRAGMENT));
    if (condition === 'missing')
      throw new VisavisError('precondition_required', 'If-Match must say which ICE session it is about.');
    if (condition !== 'any') {
      if (!condition.includes(iceTag(peer.ice.ufrag)))
        throw new VisavisError('precondition_failed', 'The ICE session is another one by now.');
      peer.addCandidates(candidates, ufrag ?? undefined);
      response.status(204).end();
      return;
    }
    if (ufrag === null || password === null)
      throw new VisavisError('bad_sdp', 'A restart needs a=ice-ufrag and a=ice-pwd.', 'sdp');
    const ice = peer.restartIce({ ufrag, password });
    peer.addCandidates(candidates, ufrag);
    response.status(200).setHeader('ETag', iceTag(ice.ufrag)).setHeader('Content-Type', FRAGMENT);
    response.end(writeIceFragment(ice));
  }

  @Delete(':id')
  @HttpCode(200)
  async end(@Req() request: Request, @Param('id') id: string): Promise<void> {
    await this.own(request, id);
    await this.calls.end(id, 'hangup');
  }

  /** What is said in the session. Its address is the right to read it: a browser's `EventSource` can show no token. */
  @Get('events/:token')
  read(@Req() request: Request, @Res() response: Response, @Param('token') token: string): void {
    const { call, log } = this.publications.byToken(token);
    const { guard } = call.environment;
    const after = Number(request.headers['last-event-id'] ?? 0);
    response.setHeader('Content-Type', 'text/event-stream').setHeader('Cache-Control', 'no-store');
    response.once(
      'close',
      guard.wrap('whip', () => log.leave(response)),
    );
    response.on(
      'drain',
      guard.wrap('whip', () => log.flush()),
    );
    response.on('error', () => undefined);
    response.flushHeaders();
    if (!log.read(response, Number.isSafeInteger(after) ? after : 0)) response.end();
  }

  /** Further methods are kept for what WHIP may become. */
  @All()
  refuse(@Res() response: Response): never {
    throw notAllowed(response, 'POST, OPTIONS');
  }

  @All(':id')
  refuseSession(@Res() response: Response): never {
    throw notAllowed(response, 'PATCH, DELETE, OPTIONS');
  }

  /** Credentials are for those who may publish; the question itself is for everyone. */
  private async serversFor(request: Request): Promise<readonly IceServer[]> {
    try {
      return this.ice.for((await this.access.authorize(request)).tenant).ice_servers;
    } catch (error) {
      if (error instanceof VisavisError) return this.ice.public;
      throw error;
    }
  }

  private async opened(request: Request, response: Response) {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      const grant = await this.access.authorize(request);
      const sdp = textOf(request, SDP);
      checkPublication(sdp);
      const { resume } = request.query;
      if (typeof resume === 'string' && resume !== '') {
        const { id } = this.calls.resumption.find(resume, grant, false);
        const publication = this.publications.get(id);
        return { ...publication, peer: (await this.offers.resume(sdp, { token: resume }, grant)).peer };
      }
      const session = { visavis: { resume: resume !== undefined } };
      const answered = await this.offers.open(
        { sdp, session },
        {
          grant,
          door: null,
          onBack: () => this.publications.back(answered.id),
          gone: gone.signal,
          trace: traceHeadersOf(request.headers),
        },
      );
      return this.publications.add(answered);
    } catch (error) {
      this.metrics.refused(error instanceof VisavisError ? error.code : 'internal_error');
      throw error;
    }
  }

  /** @throws VisavisError `not_found`, also where it is somebody else's */
  private async own(request: Request, id: string) {
    const publication = this.publications.get(id);
    this.calls.find(id, await this.access.authorize(request));
    return publication;
  }
}

/** Eyevinn's client writes the tag into the header that only answers have. */
function preconditionOf({ headers }: Request): ReturnType<typeof readPrecondition> {
  return readPrecondition(headers['if-match'] ?? headers.etag);
}

function notAllowed(response: Response, allow: string): VisavisError {
  response.setHeader('Allow', allow);
  return new VisavisError('method_not_allowed', `Only ${allow} are understood here.`);
}
