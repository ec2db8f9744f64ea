/** An error in the form that OpenAI's clients know: thrown by routes, answered as JSON. */
export class ApiError extends Error {
  constructor(
    /** Of HTTP. */
    readonly statusCode: number,
    /** What is wrong, for programs. */
    readonly code: string,
    message: string,
    /** Which field of the request is wrong, if one is. */
    readonly param: string | null = null,
    /** After how many seconds it may be worth another try, if it may. */
    readonly retryAfterS?: number,
  ) {
    super(message);
    this.name = 'ApiError';
  }

  /** The body of the answer. */
  toJSON() {
    return { error: { message: this.message, type: typeOf(this.statusCode), param: this.param, code: this.code } };
  }
}

function typeOf(statusCode: number): string {
  if (statusCode === 429) return 'rate_limit_exceeded';
  return statusCode < 500 ? 'invalid_request_error' : 'server_error';
}
