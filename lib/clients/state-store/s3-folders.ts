import type { S3Client } from '@aws-sdk/client-s3';
import { HeadgateError, messageOf, type ErrorCode } from '../../runtime/errors.ts';
import type { World } from '../../runtime/world.ts';
import { awsCredentials } from '../aws-credentials.ts';
import { createAwsSigner } from '../aws-signer.ts';
import { call } from '../call.ts';
import { retrying } from '../retry.ts';
import type { Folders } from './folders.ts';
import type { StateLocation } from './state-location.ts';

export type S3Options = {
  readonly region: string;
  /** Instead of AWS's own. */
  readonly endpoint?: string;
  /** `endpoint/bucket/key` instead of `bucket.endpoint/key`, as most other stores want it. */
  readonly forcePathStyle?: boolean;
};

const TIMEOUT_MILLIS = 5_000;
const ATTEMPTS = 3;
/** A page names a thousand folders. */
const MOST_PAGES = 10;

/** State in S3 or what speaks its language. The SDK is loaded with the first question: most invocations have none. */
export const createS3Folders = (world: World, options: S3Options, signal: AbortSignal): Folders => {
  let loaded: Promise<Loaded> | undefined;
  const ask = async <T>(question: (s3: Loaded) => Promise<T>): Promise<T> => {
    loaded ??= load(world, options, signal);
    const s3 = await loaded;
    return retrying(world, { signal, attempts: ATTEMPTS }, async () => {
      try {
        return await question(s3);
      } catch (error) {
        throw failureOf(error);
      }
    });
  };
  return {
    listFolders: async ({ authority, segments }) => {
      const prefix = segments.map((segment) => `${segment}/`).join('');
      const names: string[] = [];
      let token: string | undefined;
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const answer = await ask(({ client, ListObjectsV2Command }) =>
          client.send(
            new ListObjectsV2Command({ Bucket: authority, Prefix: prefix, Delimiter: '/', ContinuationToken: token }),
          ),
        );
        names.push(...(answer.CommonPrefixes ?? []).map((p) => (p.Prefix ?? '').slice(prefix.length, -1)));
        token = answer.NextContinuationToken;
        if (token === undefined) break;
      }
      return names.filter((name) => name !== '');
    },
    readModifiedAt: async (file) => {
      try {
        const answer = await ask(({ client, HeadObjectCommand }) =>
          client.send(new HeadObjectCommand({ Bucket: file.authority, Key: keyOf(file) })),
        );
        return answer.LastModified?.getTime();
      } catch (error) {
        if (error instanceof HeadgateError && error.code === 'NotFound') return undefined;
        throw error;
      }
    },
  };
};

const keyOf = ({ segments }: StateLocation): string => segments.join('/');

type Sdk = typeof import('@aws-sdk/client-s3');
type Loaded = Pick<Sdk, 'HeadObjectCommand' | 'ListObjectsV2Command'> & { readonly client: S3Client };

/** The SDK's client on our network and clock; everything that it would look up in files is said here. */
const load = async (world: World, options: S3Options, signal: AbortSignal): Promise<Loaded> => {
  const { S3Client, HeadObjectCommand, ListObjectsV2Command } = await import('@aws-sdk/client-s3');
  const signer = createAwsSigner(world, { service: 's3', region: options.region, uriEscapePath: false });
  const client = new S3Client({
    ...options,
    credentials: awsCredentials(world),
    signer: { sign: (request, how) => signer.sign(request, { ...how, signingDate: new Date(world.now()) }) },
    requestHandler: { handle: (request: SdkRequest) => handle(world, request, signal) },
    maxAttempts: 1,
    retryMode: 'standard',
    defaultsMode: 'standard',
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    useArnRegion: false,
    disableMultiregionAccessPoints: true,
    disableS3ExpressSessionAuth: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    userAgentAppId: 'headgate',
    authSchemePreference: [],
  });
  // With nothing to retry it would only put a random id on each request; the signer takes its place by its name.
  client.middlewareStack.remove('retryMiddleware');
  client.middlewareStack.add((next) => next, { name: 'retryMiddleware', step: 'finalizeRequest', priority: 'high' });
  return { client, HeadObjectCommand, ListObjectsV2Command };
};

/** The part of the SDK's HttpRequest that a read needs. */
type SdkRequest = {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
};

const handle = async (world: World, request: SdkRequest, signal: AbortSignal) => {
  const { method, protocol, hostname, port, path, query = {}, headers } = request;
  const search = Object.entries(query)
    .flatMap(([name, value]) => [value ?? ''].flat().map((v) => `${encode(name)}=${encode(v)}`))
    .join('&');
  const url = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}${search && `?${search}`}`;
  const answer = await call(
    world,
    { method, url, headers },
    { signal, timeoutMillis: TIMEOUT_MILLIS, repeatable: true },
  );
  return {
    response: {
      statusCode: answer.status,
      headers: Object.fromEntries(answer.headers),
      body: new TextEncoder().encode(answer.text),
    },
  };
};

/** As the signature counts it: everything but RFC 3986's unreserved characters. */
const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

const failureOf = (error: unknown): HeadgateError => {
  if (error instanceof HeadgateError) return error;
  const status = statusOf(error);
  return new HeadgateError(codeOf(status), `S3 answers ${status ?? 'nothing'}: ${messageOf(error)}`, { cause: error });
};

const statusOf = (error: unknown): number | undefined => {
  const metadata = error instanceof Error && '$metadata' in error ? error.$metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return Number(metadata.httpStatusCode);
};

const codeOf = (status: number | undefined): ErrorCode => {
  if (status === 404) return 'NotFound';
  if (status === 401 || status === 403) return 'Forbidden';
  if (status === 429 || status === 503) return 'Throttled';
  return status === undefined || status < 500 ? 'Misconfigured' : 'Unavailable';
};
