import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { Readable } from 'node:stream';

/** A stand-in behind a socket. */
export type Served = {
  /** Where it listens: `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly close: () => Promise<void>;
};

const bodyOf = async (message: IncomingMessage): Promise<Buffer | undefined> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.from(chunk as Uint8Array));
  return chunks.length === 0 ? undefined : Buffer.concat(chunks);
};

const requestOf = async (message: IncomingMessage, origin: string): Promise<Request> => {
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headersDistinct)) {
    for (const one of value ?? []) headers.append(name, one);
  }
  const { method = 'GET', url = '/' } = message;
  const body = await bodyOf(message);
  const hasBody = body !== undefined && method !== 'GET' && method !== 'HEAD';
  return new Request(new URL(url, origin), { method, headers, ...(hasBody ? { body } : {}) });
};

const send = (response: Response, out: ServerResponse): void => {
  const { body } = response;
  out.writeHead(response.status, Object.fromEntries(response.headers));
  // A watch may have nothing to say for long; its client waits for the headers.
  out.flushHeaders();
  if (body === null) {
    out.end();
    return;
  }
  const stream = Readable.fromWeb(body);
  // A client that leaves ends its watch.
  out.on('close', () => stream.destroy());
  stream.on('error', () => out.destroy());
  stream.pipe(out);
};

export type ServeOptions = {
  /** Any free port when not given. */
  readonly port?: number;
  /** Whom requests without credentials stand for: kubectl sends none over plain HTTP. */
  readonly defaultToken?: string;
  /** Called when a request has been answered: to let controllers act, say. */
  readonly afterRequest?: () => void;
};

/** Makes a stand-in reachable for kubectl and any other client, on a loopback port. */
export const serve = async (
  fetch: (request: Request) => Promise<Response>,
  options: ServeOptions = {},
): Promise<Served> => {
  const { port = 0, defaultToken, afterRequest = () => {} } = options;
  let origin = '';
  const server: Server = createServer((message, out) => {
    void (async () => {
      try {
        const request = await requestOf(message, origin);
        const isKnown = request.headers.has('authorization') || defaultToken === undefined;
        if (!isKnown) request.headers.set('authorization', `Bearer ${defaultToken}`);
        send(await fetch(request), out);
      } catch (error) {
        out.writeHead(500).end(String(error));
      }
      afterRequest();
    })();
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  origin = `http://127.0.0.1:${address.port}`;
  return {
    url: origin,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
