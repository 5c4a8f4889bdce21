/** What a contract case sees of an API server: raw HTTP, as someone, in a namespace of its own. */
import assert from 'node:assert/strict';

/** JSON as tests read it: any field may be asked for. */
export type Body = { readonly [field: string]: Body } & { readonly [index: number]: Body };

/** A list of an answer, as a list. */
export const itemsOf = (body: Body | undefined): readonly Body[] => {
  const list: unknown = body;
  return isList(list) ? list : [];
};

const isList = (value: unknown): value is readonly Body[] => Array.isArray(value);

/** A text or number of an answer as text; none for anything else. */
export const textOf = (body: unknown): string =>
  typeof body === 'string' || typeof body === 'number' ? String(body) : '';

const parsed = (text: string): Body => {
  const value: unknown = JSON.parse(text);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- tests look at what they expect
  return value as Body;
};

export type Answer = {
  readonly status: number;
  readonly body: Body;
  readonly text: string;
  readonly headers: Headers;
};

export type SendOptions = {
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

export type Api = {
  readonly get: (path: string, options?: SendOptions) => Promise<Answer>;
  readonly send: (method: string, path: string, body?: unknown, options?: SendOptions) => Promise<Answer>;
  /** Merge patch. */
  readonly patch: (path: string, body: unknown) => Promise<Answer>;
  /** Server-side apply; `forced` takes fields from others. */
  readonly apply: (path: string, manager: string, body: unknown, forced?: boolean) => Promise<Answer>;
  /** The same API, as another user. */
  readonly as: (user: string, group?: string) => Api;
  /** Reads until the answer satisfies; for what controllers bring about. */
  readonly eventually: (path: string, accept: (answer: Answer) => boolean) => Promise<Answer>;
  /** The case's own namespace, and unique names made of it for cluster-scoped objects. */
  readonly namespace: string;
};

export type Side = 'stand-in' | 'real';

/** One behaviour. A case that holds on one side only says why. */
export type ContractCase = {
  readonly name: string;
  readonly on: readonly Side[];
  readonly reason?: string;
  readonly run: (api: Api) => Promise<void>;
};

export const BOTH: readonly Side[] = ['stand-in', 'real'];

/** A case that must hold on both sides. */
export const contract = (name: string, run: ContractCase['run']): ContractCase => ({ name, on: BOTH, run });

/** A case for one side only, and why the other cannot share it. */
export const oneSided = (side: Side, reason: string, name: string, run: ContractCase['run']): ContractCase => ({
  name,
  on: [side],
  reason,
  run,
});

export type Reach = {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly server: string;
  /** A bearer token of a member of system:masters. */
  readonly adminToken: string;
  /** Lets time pass between two reads of something that controllers will bring about. */
  readonly pass: () => Promise<void>;
};

const ATTEMPTS = 200;

/** A contract API over an API server. */
export const apiOver = (reach: Reach, namespace: string, identity: Readonly<Record<string, string>> = {}): Api => {
  const send: Api['send'] = async (method, path, body, options = {}) => {
    const headers = new Headers({
      authorization: `Bearer ${reach.adminToken}`,
      'user-agent': 'contract/1',
      ...identity,
      ...options.headers,
    });
    if (body !== undefined) headers.set('content-type', options.contentType ?? 'application/json');
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const request = new Request(new URL(path, reach.server), {
      method,
      headers,
      ...(body === undefined ? {} : { body: text }),
    });
    const response = await reach.fetch(request);
    const answer = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').startsWith('application/json');
    return {
      status: response.status,
      body: parsed(isJson ? answer : '{}'),
      text: answer,
      headers: response.headers,
    };
  };
  const get: Api['get'] = (path, options) => send('GET', path, undefined, options);
  return {
    get,
    send,
    namespace,
    patch: (path, body) => send('PATCH', path, body, { contentType: 'application/merge-patch+json' }),
    apply: (path, manager, body, forced = false) =>
      send('PATCH', `${path}?fieldManager=${manager}${forced ? '&force=true' : ''}`, body, {
        contentType: 'application/apply-patch+yaml',
      }),
    as: (user, group) =>
      apiOver(reach, namespace, {
        'impersonate-user': user,
        ...(group === undefined ? {} : { 'impersonate-group': group }),
      }),
    eventually: async (path, accept) => {
      let answer = await get(path);
      for (let attempt = 0; attempt < ATTEMPTS && !accept(answer); attempt += 1) {
        await reach.pass();
        answer = await get(path);
      }
      assert.ok(accept(answer), `never came: ${path} is ${answer.status} ${answer.text}`);
      return answer;
    },
  };
};

/** Runs one case in a namespace of its own. */
export const runCase = async (reach: Reach, namespace: string, one: ContractCase): Promise<void> => {
  const api = apiOver(reach, namespace);
  const made = await api.send('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  assert.equal(made.status, 201, made.text);
  await one.run(api);
  await api.send('DELETE', `/api/v1/namespaces/${namespace}`);
};

/** Asserts a Status answer by its code, its reason and its whole message. */
export const assertStatus = (answer: Answer, code: number, reason: string, message: string | RegExp): void => {
  const { status, body } = answer;
  const shown = `${status} ${answer.text}`;
  assert.equal(status, code, shown);
  assert.equal(body['kind'], 'Status', shown);
  assert.equal(body['status'], 'Failure', shown);
  assert.equal(body['code'], code, shown);
  assert.equal(body['reason'] ?? '', reason, shown);
  if (typeof message === 'string') assert.equal(body['message'], message);
  else assert.match(textOf(body['message']), message);
};

export const assertCode = (answer: Answer, code: number): void => assert.equal(answer.status, code, answer.text);

/** The owners of an object: manager, operation, subresource and fields, by manager name. */
export const ownersOf = (answer: Answer): Record<string, Body | undefined> =>
  Object.fromEntries(
    itemsOf(answer.body['metadata']?.['managedFields']).map((entry) => [
      [entry['manager'], entry['operation'], entry['subresource']].map(textOf).join(' ').trim(),
      entry['fieldsV1'],
    ]),
  );
