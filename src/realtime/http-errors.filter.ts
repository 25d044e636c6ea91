import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { HttpError } from '@vis-a-vis/protocol';
import type { Request, Response } from 'express';
import { ERRORS, VisavisError, type ErrorCode } from '#modules/contracts';
import { refusalHeaders } from '../http/refusal.js';
import { LOGGER, type Logger } from '../telemetry/logger.js';
import { Metrics } from '../telemetry/metrics.js';
import { isWhip, sendProblem } from '../whip/problem.js';

/** Every error of HTTP, as `{error: {message, type, code, param}}`, or as problem details for clients of WHIP. */
@Catch()
export class HttpErrorsFilter implements ExceptionFilter {
  constructor(
    @Inject(Metrics) private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const error = this.known(thrown);
    const { status, type } = ERRORS[error.code];
    this.metrics.error(error.code);
    const response = host.switchToHttp().getResponse<Response>();
    for (const [name, value] of Object.entries(refusalHeaders(error))) response.setHeader(name, value);
    if (isWhip(host.switchToHttp().getRequest<Request>().path)) return sendProblem(response, status, error);
    const body: HttpError = { error: { message: error.message, type, code: error.code, param: error.param } };
    response.status(status).json(body);
  }

  private known(thrown: unknown): VisavisError {
    if (thrown instanceof VisavisError) return thrown;
    const code = codeOf(statusOf(thrown));
    if (code === 'internal_error') {
      this.logger.error({ err: thrown }, 'a request failed');
      return new VisavisError(code, 'Internal error.');
    }
    return new VisavisError(code, thrown instanceof Error ? thrown.message : code);
  }
}

/** Nest's own errors, and those of Express' body parsers, say what they are by their status. */
function statusOf(thrown: unknown): number {
  if (thrown instanceof HttpException) return thrown.getStatus();
  if (thrown instanceof Error && 'status' in thrown && typeof thrown.status === 'number')
    return thrown.status;
  return 500;
}

function codeOf(status: number): ErrorCode {
  if (status === 404) return 'not_found';
  if (status === 413) return 'payload_too_large';
  if (status === 415) return 'bad_content_type';
  return status < 500 ? 'bad_request' : 'internal_error';
}
