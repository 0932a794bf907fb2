// SPDX-License-Identifier: Apache-2.0
// The page without the real server: npm run dev, then http://127.0.0.1:7781, token `dev`. Answers the
// part of the API that the page uses, in the same shapes. Never shipped.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { bundle } from '../build.mjs';
import { Plant } from './line.mjs';
import { MODELS } from './models.mjs';

// The page must live under the policy that the server sends.
const CSP = [...readFileSync('../src/server/console_assets.h', 'utf8').match(/PX_CONSOLE_CSP[^]*?\n#/)[0].matchAll(/"(.*?)"/g)].map((m) => m[1]).join('');
const PORT = Number(process.env.PORT ?? 7781);
const plant = new Plant(Date.now());
setInterval(() => plant.step(Date.now()), 1000);

const json = (response, status, body) => {
  response.writeHead(status, { 'Content-Type': status >= 400 ? 'application/problem+json' : 'application/json' });
  response.end(body === undefined ? '' : JSON.stringify(body));
};
const refuse = (response, status, detail) => json(response, status, { title: 'refused', detail, status, code: status === 404 ? 'not_found' : 'invalid' });
const SESSION = { tenant: 'default', principal: 'admin', role: 'admin', csrf: 'c5rf', mqttPort: 0 };
const types = { html: 'text/html; charset=utf-8', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' };

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://x');
  const path = decodeURIComponent(url.pathname);
  const parts = path.split('/').slice(1);
  if (!path.startsWith('/api/') && !['models', 'digitaltwins', 'query'].includes(parts[0])) return asset(path, response);
  let text = '';
  for await (const piece of request) text += piece;
  const signedIn = /pollux=dev/.test(request.headers.cookie ?? '');
  if (path === '/api/v1/session') return session(request, response, text, signedIn);
  if (!signedIn) return refuse(response, 401, 'no valid credential came with the request');
  if (request.method !== 'GET' && request.headers['x-csrf-token'] !== SESSION.csrf) return refuse(response, 403, 'the CSRF token is missing');
  if (path === '/api/v1/twins') {
    const model = url.searchParams.get('model');
    const items = [...plant.twins.values()].filter((t) => !model || t.model === model).map(({ id, model: m, seq, updated }) => ({ id, model: m, seq, updated }));
    return json(response, 200, { items, cursor: null });
  }
  if (['/api/v1/devices', '/api/v1/bindings', '/api/v1/rejects', '/api/v1/claims', '/api/v1/connections', '/api/v1/sparkplug'].includes(path) && request.method === 'GET') return json(response, 200, { items: [], cursor: null });
  if (path === '/api/v1/freshness') return json(response, 200, { items: [], cursor: null, counts: { fresh: 0, late: 0, stale: 0, unknown: 0 } });
  if (path === '/api/v1/stream') return stream(request, response, url);
  if (path === '/api/v1/kpi/oee') return json(response, 200, plant.oee(Date.parse(url.searchParams.get('from')), Date.parse(url.searchParams.get('to'))));
  if (parts[2] === 'history') return history(response, parts[3], url.searchParams);
  if (path === '/models' && request.method === 'GET') return json(response, 200, { value: [...MODELS].map(([id, model]) => ({ id, model, decommissioned: false, uploadTime: new Date().toISOString() })), nextLink: null });
  if (path === '/api/v1/models/validate') return json(response, 200, { valid: true, errors: [], truncated: false });
  if (path === '/query') return query(response, JSON.parse(text));
  if (parts[0] === 'models') return MODELS.has(parts[1]) ? json(response, 200, { id: parts[1], model: MODELS.get(parts[1]) }) : json(response, 404, { error: { code: 'ModelNotFound', message: `There is no model '${parts[1]}'` } });
  const id = parts[0] === 'digitaltwins' ? parts[1] : parts[3];
  const twin = plant.twins.get(id);
  if (!twin) return refuse(response, 404, `There is no twin '${id}'`);
  if (parts[2] === 'relationships') return json(response, 200, { value: plant.relations.filter((r) => r.$sourceId === id), nextLink: null });
  if (parts[2] === 'incomingrelationships') return json(response, 200, { value: plant.relations.filter((r) => r.$targetId === id), nextLink: null });
  if (parts[4] === 'desired') return json(response, 200, Object.fromEntries(Object.entries(twin.desired).map(([name, wish]) => [name, { ...wish, status: 'applied', since: twin.updated, expires: null }])));
  if (parts[4] === 'freshness') return refuse(response, 404, 'this server tells no freshness');
  if (parts[4] === 'commands' && request.method === 'GET') return json(response, 200, { items: [], cursor: null });
  if (parts[4] === 'commands') {
    await new Promise((done) => setTimeout(done, 300));
    return json(response, 200, { id: 'c1', ...plant.command(id, parts[5]) });
  }
  return json(response, 200, twin);
});

/** All twins, whatever is asked; a text that begins otherwise is refused, so that the caret can be seen. */
function query(response, { query: text }) {
  if (!/^\s*SELECT/i.test(text)) {
    const message = 'SQL query parse failed: line 1, column 1: expected SELECT';
    return json(response, 400, { error: { code: 'SqlQueryError', message, details: [{ code: 'query.parse', message, line: 1, column: 1 }] } });
  }
  const value = [...plant.twins.values()].map(({ id, model, values }) => ({ $dtId: id, $metadata: { $model: model }, ...Object.fromEntries(Object.entries(values).map(([name, v]) => [name, v.value])) }));
  return json(response, 200, { value, continuationToken: null });
}

async function asset(path, response) {
  const { files } = await bundle({ minify: false });
  const file = files.find((f) => f.path === (path === '/' ? '/index.html' : path));
  response.writeHead(file ? 200 : 404, { 'Content-Type': types[path.split('.').pop()] ?? types.html, 'Content-Security-Policy': CSP });
  response.end(file?.text ?? '');
}

function session(request, response, text, signedIn) {
  if (request.method === 'POST') {
    if (JSON.parse(text || '{}').token !== 'dev') return refuse(response, 401, 'this token is not known');
    response.setHeader('Set-Cookie', 'pollux=dev; HttpOnly; SameSite=Strict; Path=/');
    return json(response, 200, SESSION);
  }
  if (request.method === 'DELETE') {
    response.setHeader('Set-Cookie', 'pollux=; Max-Age=0; Path=/');
    return json(response, 204);
  }
  return signedIn ? json(response, 200, SESSION) : refuse(response, 401, 'nobody is signed in');
}

function stream(request, response, url) {
  const twins = new Set((url.searchParams.get('twins') ?? '').split(',').filter(Boolean));
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.write(': hello\n\n');
  const listener = ({ position, change }) => {
    if (twins.size === 0 || twins.has(change.twin)) response.write(`id: ${position}\nevent: change\ndata: ${JSON.stringify(change)}\n\n`);
  };
  plant.listeners.add(listener);
  const beat = setInterval(() => response.write(': beat\n\n'), 5000);
  request.on('close', () => (plant.listeners.delete(listener), clearInterval(beat)));
}

function history(response, id, query) {
  const properties = query.get('property').split(',');
  const [from, to] = [Date.parse(query.get('from')), Date.parse(query.get('to'))];
  const rows = new Map();
  properties.forEach((name, i) => {
    for (const [t, v] of plant.history.get(`${id} ${name}`) ?? []) {
      if (t < from || t > to) continue;
      if (!rows.has(t)) rows.set(t, new Array(properties.length).fill(null));
      rows.get(t)[i] = v;
    }
  });
  const buckets = Number(query.get('buckets') ?? 0);
  let all = [...rows].sort((a, b) => a[0] - b[0]);
  if (buckets && all.length > buckets) all = all.filter((_, i) => i % Math.ceil(all.length / buckets) === 0);
  json(response, 200, { twin: id, properties, rows: all.map(([t, v]) => [new Date(t).toISOString(), ...v]), cursor: null });
}

server.listen(PORT, '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}  token: dev`));
