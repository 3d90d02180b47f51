// A partner's program with the types of openapi-typescript: `node drive.js URL KEY PICTURE`.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.js';

type Job = components['schemas']['Job'];
type Accepted = components['schemas']['Accepted'];

const [url, key, picture] = process.argv.slice(2) as [string, string, string];
const client = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${key}` } });

function good<T>(answer: { data?: T; error?: unknown }): T {
  assert.ok(answer.data !== undefined, JSON.stringify(answer.error));
  return answer.data;
}

async function polled(jobId: string): Promise<Job> {
  const params = { path: { jobId }, query: { wait: 30 } };
  let job;
  do {
    job = good(await client.GET('/v1/jobs/{jobId}', { params }));
  } while (job.status === 'running');
  assert.equal(job.status, 'completed', JSON.stringify(job));
  return job;
}

const ended = (accepted: Accepted): Promise<Job> => polled(accepted.jobId);

const project = good(await client.POST('/v1/projects', {
  params: { header: { 'Idempotency-Key': 'typescript' } },
  body: { name: 'Tidewise', timezone: 'Europe/Paris', metadata: { plan: 'pro', seats: 12, tags: ['a', null] } },
}));
const path = { projectId: project.id };
assert.deepEqual(project.metadata, { plan: 'pro', seats: 12, tags: ['a', null] });

const website = await client.POST('/v1/projects/{projectId}/ingest/website', { params: { path }, body: { url: 'https://example.test/ok' } });
const kind: components['schemas']['JobKind'] = (await ended(good(website))).kind;
assert.equal(kind, 'ingest_website');
const listing = await client.POST('/v1/projects/{projectId}/ingest/appstore', { params: { path }, body: { iosBundleId: 'test.example.ok' } });
await ended(good(listing));
const read = good(await client.GET('/v1/projects/{projectId}', { params: { path } }));
assert.equal(read.brandContext?.appName, 'Example');

const connected = await ended(good(await client.POST('/v1/projects/{projectId}/social-accounts', {
  params: { path }, body: { platform: 'bluesky', identifier: 'tidewise.example', appPassword: 'abcd-efgh-ijkl-mnop' },
})));
const socialAccountId = String(connected.result?.['socialAccountId']);

const bytes = await readFile(picture);
const content = good(await client.POST('/v1/projects/{projectId}/content/upload', {
  params: { path },
  body: { caption: 'Low tide at six.' },
  bodySerializer: (body) => {
    const form = new FormData();
    form.append('caption', body.caption ?? '');
    form.append('file', new Blob([bytes], { type: 'image/png' }), 'harbour.png');
    return form;
  },
}));

const later = new Date(Date.now() + 40 * 86_400_000);
const scheduled = good(await client.POST('/v1/content/{contentId}/schedule', {
  params: { path: { contentId: content.id } }, body: { targets: [{ socialAccountId }], localTime: `${later.toISOString().slice(0, 10)}T18:00` },
}));
const [post] = scheduled.scheduledPosts;
assert.ok(post);
const at = { path: { scheduledPostId: post.id } };
const now = new Date().toISOString().replace(/\.\d+/, '');
const moved = good(await client.POST('/v1/scheduled-posts/{scheduledPostId}/reschedule', { params: at, body: { scheduledFor: now } }));
assert.ok(moved.jobId);
await polled(moved.jobId);
const sent = good(await client.GET('/v1/scheduled-posts/{scheduledPostId}', { params: at }));
assert.equal(sent.status, 'published');
const jobs = good(await client.GET('/v1/jobs', { params: { query: { kind: ['ingest_website', 'publish_post'] } } }));
assert.equal(jobs.items.length, 2);
console.log(sent.status);
