import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { setDefaultCACertificates } from 'node:tls';
import { serverUrl } from '../network.ts';

/** The API server said no, in its own words. */
export class ApiError extends Error {
  readonly status: number;
  constructor(request: string, status: number, message: string) {
    super(`${request}: ${status} ${message}`);
    this.status = status;
  }
}

/** Resolves once the API server is ready; from then on its certificate is trusted. It writes it itself, at its first start. */
export async function waitForApiServer(certificateFile: string): Promise<void> {
  for (;;) {
    try {
      setDefaultCACertificates([readFileSync(certificateFile, 'utf8')]);
      if ((await fetch(`${serverUrl}/readyz`)).ok) return;
    } catch {
      // No certificate yet, or no one listening: both are what we wait for.
    }
    await delay(50);
  }
}

const patchTypes = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

/** The Kubernetes API as one identity. */
export class Api {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  get<T>(path: string): Promise<T> {
    return this.#call<T>('GET', path);
  }

  create<T>(path: string, body: object): Promise<T> {
    return this.#call<T>('POST', path, body);
  }

  /** Strategic merge joins lists by key, merge replaces them whole. */
  patch<T>(path: string, body: object, type: keyof typeof patchTypes): Promise<T> {
    return this.#call<T>('PATCH', path, body, patchTypes[type]);
  }

  remove(path: string, options: object = {}): Promise<unknown> {
    return this.#call('DELETE', path, options);
  }

  /** The answer's lines as they come, for a watch. */
  async *lines(path: string, signal: AbortSignal | undefined): AsyncGenerator<string> {
    const response = await this.#send('GET', path, undefined, undefined, signal);
    let rest = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  }

  async #call<T>(method: string, path: string, body?: object, type?: string): Promise<T> {
    const response = await this.#send(method, path, body, type);
    const answer: T = JSON.parse(await response.text());
    return answer;
  }

  async #send(
    method: string,
    path: string,
    body?: object,
    type = 'application/json',
    signal?: AbortSignal,
  ): Promise<Response> {
    const response = await fetch(serverUrl + path, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, accept: 'application/json', 'content-type': type },
      ...(body ? { body: JSON.stringify(body) } : {}),
      ...(signal ? { signal } : {}),
    });
    if (response.ok) return response;
    const text = await response.text();
    throw new ApiError(`${method} ${path}`, response.status, readMessage(text));
  }
}

/** The `message` of a Status object, or the text as it came. */
function readMessage(text: string): string {
  try {
    const status: { message?: string } = JSON.parse(text);
    return status.message ?? text;
  } catch {
    return text;
  }
}

/** Answers undefined instead of an error when the object is not there. */
export async function ifFound<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}
