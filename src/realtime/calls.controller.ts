import { Controller, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { CallsService } from './calls.service.js';
import { readOffer } from './offer.js';

/** The HTTP part of OpenAI Realtime over WebRTC: an offer in, an answer out. */
@Controller('v1/realtime')
export class CallsController {
  constructor(@Inject(CallsService) private readonly calls: CallsService) {}

  /** Opens a call. 201 with the answer, and where the call can be hung up. */
  @Post('calls')
  async create(@Req() request: Request, @Res() response: Response): Promise<void> {
    await this.answer(request, response);
  }

  /** The older form of the same; `?model=` is accepted and ignored, for there is one model. */
  @Post()
  async createLegacy(@Req() request: Request, @Res() response: Response): Promise<void> {
    await this.answer(request, response);
  }

  @Post('calls/:id/hangup')
  @HttpCode(200)
  async hangUp(@Param('id') id: string): Promise<void> {
    await this.calls.hangUp(id);
  }

  private async answer(request: Request, response: Response): Promise<void> {
    const body: unknown = request.body;
    const offer = await readOffer(
      request.headers['content-type'],
      body instanceof Uint8Array ? body : new Uint8Array(),
    );
    const { id, answerSdp } = await this.calls.open(offer);
    // Without a charset, and as bytes, so that Express adds none: some clients compare the type literally.
    response
      .status(201)
      .setHeader('Location', `/v1/realtime/calls/${id}`)
      .setHeader('Content-Type', 'application/sdp')
      .end(answerSdp);
  }
}
