import assert from 'node:assert/strict';

import {
  assertCode,
  assertStatus,
  contract,
  itemsOf,
  oneSided,
  textOf,
  type Answer,
  type Api,
  type ContractCase,
} from '../contract.ts';
import { configMap, configMaps, installWidgets, widgets } from '../fixtures.ts';

const names = (answer: Answer): string[] =>
  itemsOf(answer.body['items']).map((item) => textOf(item['metadata']?.['name']));

/** Every ConfigMap of the case: the cluster's own `kube-root-ca.crt` left out. */
const MINE = 'labelSelector=mine';

const make = async (api: Api, ...made: readonly string[]): Promise<void> => {
  for (const name of made) {
    assertCode(await api.send('POST', configMaps(api), configMap(name, {}, { labels: { mine: 'yes', name } })), 201);
  }
};

const selected = (query: string, expected: readonly string[]): ContractCase =>
  contract(`the label selector ${query} selects ${expected.join(', ') || 'none'}`, async (api) => {
    await make(api, 'a', 'b');
    await api.send('POST', configMaps(api), configMap('c', {}, { labels: { mine: 'yes', other: '5' } }));
    const list = await api.get(`${configMaps(api)}?labelSelector=${encodeURIComponent(`mine,${query}`)}`);
    assert.deepEqual(names(list), expected);
  });

/** Lists: order, selectors, pages. */
export const LIST_CASES: readonly ContractCase[] = [
  contract('a list is in the order of names and says its version', async (api) => {
    await make(api, 'b', 'a', 'c');
    const list = await api.get(`${configMaps(api)}?${MINE}`);
    assertCode(list, 200);
    assert.equal(list.body['kind'], 'ConfigMapList');
    assert.equal(list.body['apiVersion'], 'v1');
    assert.match(textOf(list.body['metadata']?.['resourceVersion']), /^\d+$/);
    assert.deepEqual(names(list), ['a', 'b', 'c']);
    assert.equal(list.body['items']?.[0]?.['kind'], undefined);
    assert.equal(list.body['items']?.[0]?.['apiVersion'], undefined);
  }),
  contract('an empty list has an empty list of items', async (api) => {
    const list = await api.get(`${configMaps(api)}?labelSelector=none`);
    assert.deepEqual(list.body['items'], []);
  }),
  contract('a list over all namespaces goes by namespace, then name', async (api) => {
    await make(api, 'a');
    const list = await api.get(`/api/v1/configmaps?fieldSelector=metadata.namespace=${api.namespace},metadata.name=a`);
    assert.deepEqual(names(list), ['a']);
  }),
  selected('name=a', ['a']),
  selected('name!=a', ['b', 'c']),
  selected('name in (a,b)', ['a', 'b']),
  selected('name notin (a)', ['b', 'c']),
  selected('name', ['a', 'b']),
  selected('!name', ['c']),
  selected('other>4', ['c']),
  selected('other<5', []),
  contract('a broken label selector is refused', async (api) => {
    const answer = await api.get(`${configMaps(api)}?labelSelector=a+in+x`);
    assertStatus(answer, 400, 'BadRequest', "unable to parse requirement: found 'x' expected: '('");
  }),
  contract('a field selector finds by name', async (api) => {
    await make(api, 'a', 'b');
    assert.deepEqual(names(await api.get(`${configMaps(api)}?fieldSelector=metadata.name=b`)), ['b']);
    assert.deepEqual(names(await api.get(`${configMaps(api)}?${MINE}&fieldSelector=metadata.name!=b`)), ['a']);
  }),
  contract('a field that cannot be selected by is refused', async (api) => {
    assertStatus(
      await api.get(`${configMaps(api)}?fieldSelector=data.x=1`),
      400,
      'BadRequest',
      '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
    );
    assertStatus(
      await api.get(`/api/v1/namespaces/${api.namespace}/pods?fieldSelector=spec.nope=1`),
      400,
      'BadRequest',
      'field label not supported: spec.nope',
    );
    await installWidgets(api);
    assertStatus(
      await api.get(`${widgets(api)}?fieldSelector=spec.size=1`),
      400,
      'BadRequest',
      'field label not supported: spec.size',
    );
  }),
  contract('a broken field selector is refused', async (api) => {
    assertStatus(
      await api.get(`/api/v1/namespaces/${api.namespace}/pods?fieldSelector=spec.nodeName`),
      400,
      'BadRequest',
      "invalid selector: 'spec.nodeName'; can't understand 'spec.nodeName'",
    );
  }),
  contract('pages show one moment, whatever changes in between', async (api) => {
    await api.eventually(`${configMaps(api)}/kube-root-ca.crt`, ({ status }) => status === 200);
    await make(api, 'x-a', 'x-b', 'x-c', 'x-d');
    const first = await api.get(`${configMaps(api)}?${MINE}&limit=2`);
    assert.deepEqual(names(first), ['x-a', 'x-b']);
    assert.equal(first.body['metadata']?.['remainingItemCount'], undefined);
    await make(api, 'x-bb', 'x-e');
    await api.send('DELETE', `${configMaps(api)}/x-c`);
    await api.patch(`${configMaps(api)}/x-d`, { data: { x: 'later' } });
    const next = textOf(first.body['metadata']?.['continue']);
    const second = await api.get(`${configMaps(api)}?${MINE}&limit=2&continue=${next}`);
    assert.deepEqual(names(second), ['x-c', 'x-d']);
    assert.equal(second.body['items']?.[1]?.['data'], undefined);
    assert.equal(second.body['metadata']?.['continue'] ?? '', '');
    assert.equal(second.body['metadata']?.['resourceVersion'], first.body['metadata']?.['resourceVersion']);
  }),
  contract('a full page leads on while anything is left, selected or not', async (api) => {
    await api.eventually(`${configMaps(api)}/kube-root-ca.crt`, ({ status }) => status === 200);
    await make(api, 'a', 'b');
    const full = await api.get(`${configMaps(api)}?${MINE}&limit=2`);
    assert.deepEqual(names(full), ['a', 'b']);
    const next = textOf(full.body['metadata']?.['continue']);
    const empty = await api.get(`${configMaps(api)}?${MINE}&limit=2&continue=${next}`);
    assert.deepEqual(names(empty), []);
    assert.equal(empty.body['metadata']?.['continue'] ?? '', '');
  }),
  contract('a page without a selector says how many remain', async (api) => {
    await make(api, 'a', 'b', 'c');
    const all = itemsOf((await api.get(configMaps(api))).body['items']).length;
    const first = await api.get(`${configMaps(api)}?limit=2`);
    assert.equal(first.body['metadata']?.['remainingItemCount'], all - 2);
  }),
  contract('the last page has no way on', async (api) => {
    await make(api, 'x-a', 'x-b');
    const list = await api.get(`${configMaps(api)}?${MINE}&limit=2`);
    assert.equal(list.body['metadata']?.['continue'] ?? '', '');
  }),
  contract('a continue token that is none is refused', async (api) => {
    assertStatus(
      await api.get(`${configMaps(api)}?limit=2&continue=abc`),
      400,
      'BadRequest',
      /^invalid continue token: continue key is not valid: /,
    );
  }),
  contract('a limit that is no number is refused', async (api) => {
    assertStatus(
      await api.get(`${configMaps(api)}?limit=x`),
      400,
      'BadRequest',
      'strconv.ParseInt: parsing "x": invalid syntax',
    );
  }),
  oneSided(
    'stand-in',
    'the real server keeps its history for five real minutes; the stand-in for five of its own',
    'a continue token whose moment is forgotten has expired',
    async (api) => {
      await make(api, 'a', 'b', 'c');
      const first = await api.get(`${configMaps(api)}?${MINE}&limit=2`);
      let ticks = 0;
      await api.eventually(configMaps(api), () => (ticks += 1) > 150);
      ticks = 0;
      await make(api, 'd');
      await api.eventually(configMaps(api), () => (ticks += 1) > 190);
      await make(api, 'e');
      const next = textOf(first.body['metadata']?.['continue']);
      const answer = await api.get(`${configMaps(api)}?${MINE}&limit=2&continue=${next}`);
      assertStatus(
        answer,
        410,
        'Expired',
        /^The provided continue parameter is too old to display a consistent list result\. /,
      );
    },
  ),
];
