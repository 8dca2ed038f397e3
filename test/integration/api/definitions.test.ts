import { afterAll, beforeAll, expect, it } from 'vitest';
import { waitFor } from '#test/harness/wait-for.ts';
import {
  DEFINITIONS,
  defineFunctions,
  FUNCTIONS,
  functionDefinition,
  functionObject,
  startTestApi,
  type TestApi,
} from './fixture.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await defineFunctions(api);
});
afterAll(() => api?.stop());

const DEFINITION = `${DEFINITIONS}/functions.catnap.dev`;

it('are established, with the names they asked for', async () => {
  const { body } = await api.get(DEFINITION);
  expect(body.status.conditions).toMatchObject([
    { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts' },
    { type: 'Established', status: 'True', reason: 'InitialNamesAccepted' },
  ]);
  expect(body.status.acceptedNames).toMatchObject({ kind: 'Function', shortNames: ['fn'] });
  expect(body.status.storedVersions).toEqual(['v1alpha1']);
});

it('fill in defaults', async () => {
  const { code, body } = await api.post(FUNCTIONS, functionObject('defaulted'));
  expect(code).toBe(201);
  expect(body).toMatchObject({
    metadata: { generation: 1 },
    spec: { timeoutSeconds: 30, scaling: { minReplicas: 0, maxReplicas: 20 }, resources: {} },
  });
});

it('refuse what the schema or a rule forbids, in the words of the real server', async () => {
  const pattern = await api.post(FUNCTIONS, functionObject('bad', { handler: 'x y' }));
  expect(pattern.code).toBe(422);
  expect(pattern.body.message).toMatch(
    /^Function.catnap.dev "bad" is invalid: spec.handler: Invalid value: "x y": spec.handler in body should match/,
  );
  const rule = await api.post(FUNCTIONS, functionObject('bad', { image: 'example' }));
  expect(rule.code).toBe(422);
  expect(rule.body.message).toContain('exactly one of source and image must be set');
  const type = await api.post(FUNCTIONS, functionObject('bad', { timeoutSeconds: 'soon' }));
  expect(type.code).toBe(422);
  expect(type.body.details.causes).toMatchObject([{ field: 'spec.timeoutSeconds' }, {}]);
  const name = await api.post(FUNCTIONS, functionObject('x'.repeat(58)));
  expect(name.body.message).toContain('a function name may have at most 57 characters');
});

it('need a version to be replaced, and know no strategic patch', async () => {
  await api.post(FUNCTIONS, functionObject('replaced'));
  const put = await api.call('PUT', `${FUNCTIONS}/replaced`, { body: functionObject('replaced') });
  expect(put.code).toBe(422);
  expect(put.body.message).toContain(
    'metadata.resourceVersion: Invalid value: 0: must be specified for an update',
  );
  const patch = await api.patch(`${FUNCTIONS}/replaced`, 'strategic', { spec: {} });
  expect(patch.code).toBe(415);
});

it('have a status of its own and a scale', async () => {
  await api.post(FUNCTIONS, functionObject('scaled'));
  const path = `${FUNCTIONS}/scaled`;
  const status = await api.patch(`${path}/status`, 'merge', {
    spec: { timeoutSeconds: 5 },
    status: { replicas: 3, selector: 'a=b' },
  });
  expect(status.body).toMatchObject({
    metadata: { generation: 1 },
    spec: { timeoutSeconds: 30 },
    status: { replicas: 3 },
  });
  const scale = await api.patch(`${path}/scale`, 'merge', { spec: { replicas: 2 } });
  expect(scale.body).toMatchObject({ spec: { replicas: 2 }, status: { replicas: 3, selector: 'a=b' } });
  const { body } = await api.get(path);
  expect(body).toMatchObject({
    metadata: { generation: 2 },
    spec: { scaling: { minReplicas: 2, maxReplicas: 20 } },
  });
  const tooMany = await api.patch(`${path}/scale`, 'merge', { spec: { replicas: 21 } });
  expect(tooMany.code).toBe(422);
  expect(tooMany.body.message).toContain('minReplicas must not exceed maxReplicas');
  const asleep = await api.patch(`${path}/scale`, 'merge', { spec: { replicas: 0 } });
  expect(asleep.code).toBe(200);
  expect((await api.get(path)).body).toMatchObject({ spec: { scaling: { minReplicas: 0 } } });
});

it('check the schedules of a function, as far as a schema can', async () => {
  const schedule = { name: 'office', start: '0 8 * * MON-FRI', durationMinutes: 600, minReplicas: 5 };
  const post = (name: string, scaling: object) => {
    const object = functionObject(name);
    return api.post(FUNCTIONS, { ...object, spec: { ...object.spec, scaling } });
  };
  const made = await post('scheduled', { schedules: [schedule] });
  expect(made.body).toMatchObject({
    spec: { scaling: { schedules: [{ ...schedule, timeZone: 'UTC' }] } },
  });
  const refused = async (scaling: object) => {
    const { code, body } = await post('refused', scaling);
    expect(code).toBe(422);
    return body.message as string;
  };
  expect(await refused({ maxReplicas: 4, schedules: [schedule] })).toContain(
    'minReplicas of a schedule must not exceed maxReplicas',
  );
  expect(await refused({ schedules: [{ ...schedule, start: '0 8 * *' }] })).toContain(
    'spec.scaling.schedules[0].start',
  );
  expect(await refused({ schedules: [{ ...schedule, durationMinutes: 0 }] })).toContain('durationMinutes');
  expect(await refused({ schedules: [schedule, schedule] })).toContain('Duplicate value');
});

it('print their columns', async () => {
  await api.post(FUNCTIONS, functionObject('printed'));
  await api.patch(`${FUNCTIONS}/printed/status`, 'merge', {
    status: {
      url: 'http://here',
      minReplicas: 2,
      conditions: [
        {
          type: 'Active',
          status: 'False',
          reason: 'Asleep',
          message: '',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
        {
          type: 'Ready',
          status: 'True',
          reason: 'Loaded',
          message: 'm',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    },
  });
  const { body } = await api.get(`${FUNCTIONS}/printed`, {
    accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
  });
  expect(body.rows).toMatchObject([
    { cells: ['printed', 'True', 'Loaded', null, 'http://here', 2, 'm', expect.any(String)] },
  ]);
});

it('change what is served: columns at once, and defaults also in objects that are older', async () => {
  await api.post(FUNCTIONS, functionObject('older'));
  const { body: definition } = await api.get(DEFINITION);
  const [version] = definition.spec.versions as {
    additionalPrinterColumns: object[];
    schema: { openAPIV3Schema: { properties: { spec: { properties: Record<string, object> } } } };
  }[];
  if (!version) throw new Error('the definition has no version');
  version.additionalPrinterColumns = [{ name: 'Colour', type: 'string', jsonPath: '.spec.colour' }];
  version.schema.openAPIV3Schema.properties.spec.properties.colour = { type: 'string', default: 'grey' };
  const put = await api.call('PUT', DEFINITION, { body: definition });
  expect(put.text).toContain('colour');
  expect(put.code).toBe(200);
  const { body } = await api.get(`${FUNCTIONS}/older`, {
    accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
  });
  expect(body.rows).toMatchObject([{ cells: ['older', 'grey'] }]);
});

it('are refused when they are not structural, or take a name in use', async () => {
  const definition = functionDefinition() as {
    metadata: { name: string };
    spec: { names: Record<string, unknown>; versions: { schema: { openAPIV3Schema: object } }[] };
  };
  definition.metadata.name = 'rivals.catnap.dev';
  definition.spec.names = { kind: 'Rival', plural: 'rivals', shortNames: ['fn'] };
  const rival = await api.post(DEFINITIONS, definition);
  expect(rival.code).toBe(201);
  await waitFor(
    async () =>
      JSON.stringify((await api.get(`${DEFINITIONS}/rivals.catnap.dev`)).body.status.conditions).includes(
        'NamesConflict',
      ),
    { timeoutMs: 2_000, describe: 'the conflict to be told' },
  );
  expect((await api.get('/apis/catnap.dev/v1alpha1/namespaces/default/rivals')).code).toBe(404);

  definition.metadata.name = 'shapeless.catnap.dev';
  definition.spec.names = { kind: 'Shapeless', plural: 'shapeless' };
  for (const version of definition.spec.versions) version.schema.openAPIV3Schema = { properties: {} };
  const shapeless = await api.post(DEFINITIONS, definition);
  expect(shapeless.code).toBe(422);
  expect(shapeless.body.message).toContain(
    'openAPIV3Schema.type: Required value: must not be empty at the root',
  );
});

it('go with their objects, and leave no address behind', async () => {
  await api.post(FUNCTIONS, {
    ...functionObject('lingering'),
    metadata: { name: 'lingering', finalizers: ['a.b/c'] },
  });
  const deleted = await api.call('DELETE', DEFINITION);
  expect(deleted.body.metadata.finalizers).toEqual(['customresourcecleanup.apiextensions.k8s.io']);
  await waitFor(async () => (await api.get(FUNCTIONS)).body.items.length === 1, {
    timeoutMs: 2_000,
    describe: 'all but the held function to be gone',
  });
  await api.patch(`${FUNCTIONS}/lingering`, 'merge', { metadata: { finalizers: null } });
  await waitFor(async () => (await api.get(DEFINITION)).code === 404, {
    timeoutMs: 2_000,
    describe: 'the definition to be gone',
  });
  expect((await api.get(FUNCTIONS)).code).toBe(404);
});
