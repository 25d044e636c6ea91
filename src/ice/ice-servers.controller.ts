import { Controller, Get, Header, Inject, Req } from '@nestjs/common';
import type { IceServers } from '@vis-a-vis/protocol';
import type { Request } from 'express';
import { ACCESS, type Access } from '../realtime/access.js';
import { ClientIce } from './ice-servers.js';

/** Servers for the ICE of clients, to be asked for before a connection is made. */
@Controller('v1/realtime')
export class IceServersController {
  constructor(
    @Inject(ClientIce) private readonly ice: ClientIce,
    @Inject(ACCESS) private readonly access: Access,
  ) {}

  @Get('ice_servers')
  @Header('Cache-Control', 'no-store')
  async read(@Req() request: Request): Promise<IceServers> {
    const { tenant } = await this.access.authorize(request);
    return this.ice.for(tenant);
  }
}
